/**
 * The outline of a parcel as GeoJSON (RFC 7946). The registry's rings must be a polygon as surveyed, and still be one
 * in degrees: projection and rounding must not make edges cross.
 */
import type { ParcelBoundary } from '../../schemas/types.ts';
import type { UpstreamError } from '../adapter.ts';
import { polygonFault, type Ring, withoutRepeats } from '../geometry/polygon.ts';
import { malformed, number, type Source, text } from '../records/mapping.ts';
import { toWgs84 } from './vn2000.ts';

type Rings = ParcelBoundary['geometry']['coordinates'];

/** Units of a metre in which surveys are written. */
const MILLIMETRES = 1000;

/** About a centimetre; a tenth of a millimetre where rounding would join separate corners. */
const DECIMALS = [7, 9] as const;

/**
 * @param body `heToaDo`, the coordinate system, and `toaDo`, rings of [east, north] in metres: the outline, then its holes
 * @returns rings in WGS 84, longitude before latitude: the outline counter-clockwise, holes clockwise
 * @throws UpstreamError `malformed` for an unknown coordinate system, or rings that are no polygon in the country
 */
export function readBoundary(body: Source): Rings {
  const surveyed = readRings(body.toaDo);
  const broken = polygonFault(surveyed, MILLIMETRES);
  if (broken) throw faulty(broken);
  const system = text(body.heToaDo, 'heToaDo');
  const exact = surveyed.map((ring) => toWgs84(system, ring));
  let found: ReturnType<typeof polygonFault>;
  for (const decimals of DECIMALS) {
    const scale = 10 ** decimals;
    const rings = exact.map((ring) =>
      ring.map(([x, y]): [number, number] => [round(x, scale), round(y, scale)]),
    );
    found = polygonFault(rings, scale);
    if (!found) return rings.map((ring, index) => (isClockwise(ring) === index > 0 ? ring : ring.reverse()));
  }
  throw faulty(found!);
}

function faulty({ ring, fault }: NonNullable<ReturnType<typeof polygonFault>>): UpstreamError {
  return malformed(`toaDo[${ring}]: ${fault}`);
}

function readRings(value: unknown): Ring[] {
  if (!Array.isArray(value) || value.length === 0) throw malformed('toaDo');
  return value.map((ring) => {
    if (!Array.isArray(ring)) throw malformed('toaDo');
    return withoutRepeats(ring.map(readPosition), MILLIMETRES);
  });
}

/** Ignores values after east and north, such as a height. */
function readPosition(value: unknown): [number, number] {
  const [east, north] = Array.isArray(value) ? value : [];
  return [number(east, 'toaDo'), number(north, 'toaDo')];
}

function round(degrees: number, scale: number): number {
  return Math.round(degrees * scale) / scale;
}

/** By the sign of the area (shoelace formula), relative to the first corner: large numbers would hide a small area. */
function isClockwise(ring: Ring): boolean {
  const [, y0] = ring[0]!;
  let doubled = 0;
  for (let index = 1; index < ring.length; index++) {
    const [x1, y1] = ring[index - 1]!;
    const [x2, y2] = ring[index]!;
    doubled += (x2 - x1) * (y2 - y0 + (y1 - y0));
  }
  return doubled > 0;
}
