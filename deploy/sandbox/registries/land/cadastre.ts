/**
 * The cadastral maps of the sandbox: in each commune, sheets of 10 × 10 parcels side by side, from a corner that
 * lies within the commune (within its real boundary for 00004, 00070 and 27154).
 */
interface CadastralMap {
  readonly communeCode: string;
  readonly provinceCode: string;
  readonly parcels: number;
  readonly sheetsPerRow: number;
  /** South-west corner in the province's own zone of VN-2000, metres. */
  readonly corner: readonly [east: number, north: number];
  /** Size of one parcel with its share of lanes, in metres, west to east and south to north. */
  readonly cell: readonly [width: number, depth: number];
  readonly kind: 'urban' | 'rural';
}

/** Central meridian, in degrees, of each province's 3° zone of VN-2000 (Circular 973/2001/TT-TCĐC). */
export const CENTRAL_MERIDIANS: Readonly<Record<string, string>> = {
  '01': '105.0',
  '48': '107.75',
  '79': '105.75',
};

/** Along one side of a sheet. */
export const SHEET_SIDE = 10;

const TUBE_HOUSE = [7, 13] as const;
const TOWN_HOUSE = [8, 20] as const;
const FARMSTEAD = [25, 40] as const;

export const CADASTRAL_MAPS: readonly CadastralMap[] = [
  map('00004', '01', 5_000, 10, [586_390, 2_326_800], TUBE_HOUSE, 'urban'),
  map('00070', '01', 5_000, 10, [587_710, 2_326_360], TUBE_HOUSE, 'urban'),
  map('00454', '01', 10_000, 13, [585_900, 2_337_000], FARMSTEAD, 'rural'),
  map('27154', '79', 2_500, 7, [601_290, 1_190_820], TUBE_HOUSE, 'urban'),
  map('26740', '79', 5_000, 12, [603_400, 1_192_000], TOWN_HOUSE, 'urban'),
  map('27553', '79', 12_500, 14, [579_400, 1_211_900], FARMSTEAD, 'rural'),
  map('20242', '48', 4_000, 10, [549_800, 1_776_500], TOWN_HOUSE, 'urban'),
  map('20263', '48', 3_000, 8, [552_200, 1_778_600], TOWN_HOUSE, 'urban'),
  map('20320', '48', 3_000, 6, [540_000, 1_767_800], FARMSTEAD, 'rural'),
];

function map(
  communeCode: string,
  provinceCode: string,
  parcels: number,
  sheetsPerRow: number,
  corner: CadastralMap['corner'],
  cell: CadastralMap['cell'],
  kind: CadastralMap['kind'],
): CadastralMap {
  return { communeCode, provinceCode, parcels, sheetsPerRow, corner, cell, kind };
}
