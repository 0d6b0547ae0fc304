/** From VN-2000, the coordinate system of land surveys, to WGS 84. */
import proj4 from 'proj4';
import { malformed } from '../records/mapping.ts';

/**
 * VN-2000 to WGS 84 (EPSG:6960, parameters of the Department of Survey and Mapping). EPSG states the rotations for
 * the coordinate frame method (-0.00928836, 0.01975479, -0.00427372); `towgs84` means the position vector method,
 * with the opposite signs. Copies that miss this are wrong by about a metre.
 */
const DATUM =
  '+ellps=WGS84 +towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278';

/** The 6° zones, by their codes in the EPSG dataset. */
const ZONES: ReadonlyMap<string, string> = new Map([
  ['EPSG:3405', '+proj=utm +zone=48'],
  ['EPSG:3406', '+proj=utm +zone=49'],
]);

/** Central meridians of the 3° zones that have codes in the EPSG dataset. */
const MERIDIANS: ReadonlyMap<string, number> = new Map([
  ['EPSG:5896', 102],
  ['EPSG:5897', 105],
  ['EPSG:5898', 108],
  ['EPSG:5899', 107.75],
  // The same four under their second, deprecated codes, which files still use.
  ['EPSG:6956', 102],
  ['EPSG:6957', 105],
  ['EPSG:6958', 108],
  ['EPSG:6959', 107.75],
  ['EPSG:9205', 103],
  ['EPSG:9206', 104],
  ['EPSG:9207', 104.5],
  ['EPSG:9208', 104.75],
  ['EPSG:9209', 105.5],
  ['EPSG:9210', 105.75],
  ['EPSG:9211', 106],
  ['EPSG:9212', 106.25],
  ['EPSG:9213', 106.5],
  ['EPSG:9214', 107],
  ['EPSG:9215', 107.25],
  ['EPSG:9216', 107.5],
  ['EPSG:9217', 108.25],
  ['EPSG:9218', 108.5],
]);

/** The 3° zones by central meridian, which each province chooses: multiples of a quarter degree. */
const TM3 = /^VN2000-TM3-(1\d\d(?:\.\d{1,2})?)$/;
const WESTERNMOST = 102;
const EASTERNMOST = 118;

/** Bounds of the country's land and islands. */
const BOUNDS = { west: 102, east: 118, south: 6, north: 24 } as const;

export type Position = [x: number, y: number];

type Transform = (position: [east: number, north: number]) => number[];

const transforms = new Map<string, Transform>();

/**
 * Converts positions, [east, north] in metres and finite, to longitude and latitude in degrees.
 * @throws UpstreamError `malformed` for an unknown system, or a position outside the country
 */
export function toWgs84(system: string, positions: readonly Readonly<Position>[]): Position[] {
  const transform = transformFrom(system);
  return positions.map(([east, north]) => {
    const [longitude = Number.NaN, latitude = Number.NaN] = transform([east, north]);
    const inside =
      longitude >= BOUNDS.west &&
      longitude <= BOUNDS.east &&
      latitude >= BOUNDS.south &&
      latitude <= BOUNDS.north;
    if (!inside) throw malformed('toaDo');
    return [longitude, latitude];
  });
}

function transformFrom(written: string): Transform {
  const system = written.toUpperCase();
  const known = transforms.get(system);
  if (known) return known;
  const projection = ZONES.get(system) ?? threeDegreeZone(system);
  const transform: Transform = proj4(`${projection} ${DATUM} +units=m +no_defs`).inverse;
  transforms.set(system, transform);
  return transform;
}

function threeDegreeZone(system: string): string {
  const meridian = MERIDIANS.get(system) ?? Number(TM3.exec(system)?.[1]);
  // This also bounds the number of cached transforms.
  const known = meridian >= WESTERNMOST && meridian <= EASTERNMOST && Number.isInteger(meridian * 4);
  if (!known) throw malformed('heToaDo');
  return `+proj=tmerc +lat_0=0 +lon_0=${meridian} +k=0.9999 +x_0=500000 +y_0=0`;
}
