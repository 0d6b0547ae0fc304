import { randomFor } from '../random.ts';
import { CADASTRAL_MAPS, CENTRAL_MERIDIANS, SHEET_SIDE } from './cadastre.ts';
import type { Parcel } from './parcel.ts';

const BOUNDARY = 31;

export interface Boundary {
  /** The coordinate system in the registry's words: the province's 3° zone of VN-2000. */
  readonly heToaDo: string;
  /** One closed ring, counter-clockwise, of [east, north] in metres. */
  readonly toaDo: readonly (readonly (readonly [number, number])[])[];
  /** Square metres, to the tenth. */
  readonly area: number;
}

/**
 * The boundary of a parcel: a trapezium on a street, within its cell of the map. Drawn in decimetres, so that the
 * coordinates are exact and the area is that of the ring.
 */
export function boundaryOf(parcel: Parcel): Boundary {
  const map = CADASTRAL_MAPS[parcel.map]!;
  const random = randomFor(BOUNDARY, parcel.index);
  const [cellWidth, cellDepth] = map.cell;
  const sheet = Number(parcel.mapSheet) - 1;
  const number = Number(parcel.parcelNumber) - 1;
  const column = (sheet % map.sheetsPerRow) * SHEET_SIDE + (number % SHEET_SIDE);
  const row = Math.floor(sheet / map.sheetsPerRow) * SHEET_SIDE + Math.floor(number / SHEET_SIDE);
  const west = (map.corner[0] + column * cellWidth) * 10;
  const south = (map.corner[1] + row * cellDepth) * 10;

  // A tenth of the cell at least is left to lanes.
  const front = random.between(cellWidth * 6, cellWidth * 9);
  const back = random.between(cellWidth * 6, cellWidth * 9);
  const depth = random.between(cellDepth * 6, cellDepth * 9);
  const ring = [
    [west, south],
    [west + front, south],
    [west + back, south + depth],
    [west, south + depth],
    [west, south],
  ] as const;
  return {
    heToaDo: `VN2000-TM3-${CENTRAL_MERIDIANS[map.provinceCode]}`,
    toaDo: [ring.map(([east, north]) => [east / 10, north / 10] as const)],
    area: Math.round(((front + back) * depth) / 20) / 10,
  };
}
