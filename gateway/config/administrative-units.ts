/** Reads the list of administrative units: the province of each commune, and the names of both. */
import { readFileSync } from 'node:fs';
import { readStrictJson } from '../../adapters/values/strict-json.ts';
import { textFault, withoutBom } from '../../adapters/values/unicode.ts';
import type { PlaceNames } from '../catalog/fields/place-names.ts';

export interface AdministrativeUnits {
  /** Province code of each commune code. */
  readonly provinceOfCommune: Readonly<Record<string, string>>;
  /** `undefined`: the list has codes alone. */
  readonly placeNames: PlaceNames | undefined;
}

interface Unit {
  readonly Code?: unknown;
  readonly FullName?: unknown;
}

/** The most characters of a name that contracts allow. */
const LONGEST = 100;

/** @returns `undefined` for text that is not JSON `[ { "Code", "FullName", "Wards": [ { "Code", "FullName" } ] } ]`; names may be missing */
export function readAdministrativeUnits(file: string): AdministrativeUnits | undefined {
  let provinces: readonly (Unit & { readonly Wards?: readonly Unit[] | null })[];
  try {
    provinces = readStrictJson(withoutBom(readFileSync(file))).value as typeof provinces;
    const communes = provinces.flatMap((province) =>
      (province.Wards ?? []).map((commune) => ({ commune, province: province.Code })),
    );
    const pairs = communes.map(({ commune, province }) => [commune.Code, province] as const);
    // With other member names, or with codes whose leading zeros a spreadsheet removed, the list would match no record.
    const areCodes = pairs.every(([commune, province]) => isCode(commune, 5) && isCode(province, 2));
    if (pairs.length === 0 || !areCodes) return undefined;
    // A commune that is listed twice would silently belong to the last province.
    if (new Set(pairs.map(([commune]) => commune)).size < pairs.length) return undefined;
    const units = [...provinces, ...communes.map(({ commune }) => commune)];
    if (!units.every(({ FullName }) => FullName === undefined || isName(FullName))) return undefined;
    const provinceOfCommune = Object.fromEntries(pairs) as Record<string, string>;
    const named = units.filter(({ Code, FullName }) => typeof Code === 'string' && FullName !== undefined);
    const names = new Map(named.map(({ Code, FullName }) => [Code as string, FullName as string]));
    return {
      provinceOfCommune,
      placeNames: names.size === 0 ? undefined : namesOf(names, provinceOfCommune),
    };
  } catch {
    return undefined;
  }
}

/** Looks names up by code: provinces have two digits, communes five. */
function namesOf(
  names: ReadonlyMap<string, string>,
  provinceOfCommune: Readonly<Record<string, string>>,
): PlaceNames {
  const provinceOf = new Map(Object.entries(provinceOfCommune));
  return {
    province: (code) => (provinceOf.has(code) ? undefined : names.get(code)),
    commune: (code, province) => (provinceOf.get(code) === province ? names.get(code) : undefined),
  };
}

function isCode(code: unknown, length: number): code is string {
  return typeof code === 'string' && code.length === length && /^\d+$/.test(code);
}

function isName(name: unknown): name is string {
  return (
    typeof name === 'string' && name.trim() !== '' && name.length <= LONGEST && textFault(name) === undefined
  );
}
