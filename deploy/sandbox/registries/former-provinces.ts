/**
 * The 63 provinces before the merger of 2025-07-01, by the province that each is part of now. The order of both is part of the
 * sandbox's data: its people are drawn by it.
 */
import { codesOfProvince, PROVINCES } from '../../../adapters/values/provinces.ts';

export const FORMER_PROVINCES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...PROVINCES].map((code) => [code, codesOfProvince(code)]),
);

/** The province of today that a former province is part of: `17` (Hoà Bình) → `25` (Phú Thọ). */
export const SUCCESSORS: ReadonlyMap<string, string> = new Map(
  Object.entries(FORMER_PROVINCES).flatMap(([code, formers]) =>
    formers.map((former) => [former, code] as const),
  ),
);
