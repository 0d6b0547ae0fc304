/**
 * Is a list of rings a polygon (RFC 7946, section 3.1.6; OGC 06-103r4, section 6.1.11)? The first ring is the outline, the
 * others are holes in it.
 *
 * - A ring has at least four positions, the last of which is the first; no other two are equal, and its edges meet in their
 *   common corners only. So it encloses an area.
 * - Holes lie inside the outline and outside each other. Two rings have at most a corner in common, and rings that meet do not
 *   cut the polygon in two.
 *
 * The direction of the rings is not checked: their writer decides it.
 */
import pointInPolygon from 'point-in-polygon-hao';
import { orient2d } from 'robust-predicates';
import { compareSegments, type Meeting, type Ring, type SegmentFault } from './segments.ts';

export type { Ring };

/** Most positions of all rings together. A larger boundary takes too long to check, and is no parcel. */
const MOST_POSITIONS = 20_000;
const MOST_RINGS = 100;

export type PolygonFault =
  | SegmentFault
  | 'spike'
  | 'too_large'
  | 'too_short'
  | 'not_closed'
  | 'repeated_position'
  | 'hole_outside'
  | 'hole_in_hole'
  | 'cut_in_two';

/**
 * @param rings positions in degrees or metres
 * @param precision units that one degree or metre is divided into: coordinates less than one unit apart are equal
 * @returns the first fault and the number of its ring; `undefined`: the rings are a polygon
 */
export function polygonFault(
  rings: readonly Ring[],
  precision: number,
): { readonly fault: PolygonFault; readonly ring: number } | undefined {
  const positions = rings.reduce((sum, ring) => sum + ring.length, 0);
  if (rings.length > MOST_RINGS || positions > MOST_POSITIONS) return { fault: 'too_large', ring: 0 };
  // Whole numbers, because 0.1 + 0.2 and 0.3 are the same coordinate.
  const whole = rings.map((ring) =>
    ring.map(([x, y]): [number, number] => [Math.round(x * precision), Math.round(y * precision)]),
  );
  for (const [ring, corners] of whole.entries()) {
    const fault = ringFault(corners);
    if (fault) return { fault, ring };
  }
  const compared = compareSegments(whole);
  if ('fault' in compared) return compared;
  const cut = findCut(compared.meetings);
  if (cut !== undefined) return { fault: 'cut_in_two', ring: cut };
  for (const [ring, hole] of whole.entries()) {
    if (ring === 0) continue;
    if (!isInside(hole, whole[0]!)) return { fault: 'hole_outside', ring };
    const around = whole.some((other, number) => number > 0 && number !== ring && isInside(hole, other));
    if (around) return { fault: 'hole_in_hole', ring };
  }
  return undefined;
}

/**
 * Drops positions that repeat the one before them, as surveys have them where two lines were joined. The ring encloses the
 * same area, closed or open as before. A position that comes back later is kept: that is no slip of the pen.
 * @param precision as of `polygonFault`
 */
export function withoutRepeats<P extends Ring[number]>(ring: readonly P[], precision: number): P[] {
  const isSame = (one: number, other: number) =>
    Math.round(one * precision) === Math.round(other * precision);
  return ring.filter((position, index) => {
    const before = ring[index - 1];
    return !before || !isSame(position[0], before[0]) || !isSame(position[1], before[1]);
  });
}

function ringFault(corners: Ring): PolygonFault | undefined {
  const [first, last] = [corners[0], corners.at(-1)];
  if (!first || !last || corners.length < 4) return 'too_short';
  if (first[0] !== last[0] || first[1] !== last[1]) return 'not_closed';
  let before = corners.at(-2)!;
  for (const [index, corner] of corners.slice(0, -1).entries()) {
    const next = corners[index + 1]!;
    if (corner[0] === next[0] && corner[1] === next[1]) return 'repeated_position';
    if (goesBack(before, corner, next)) return 'spike';
    before = corner;
  }
  return undefined;
}

type Position = Ring[number];

/** Does the edge from a corner run back along the edge that led to it? */
function goesBack([ax, ay]: Position, [x, y]: Position, [bx, by]: Position): boolean {
  return (ax - x) * (bx - x) + (ay - y) * (by - y) > 0 && orient2d(ax, ay, x, y, bx, by) === 0;
}

/** Two rings that do not cross share at most one corner, so any other corner decides. */
function isInside(inner: Ring, outer: Ring): boolean {
  const polygon = [outer as [number, number][]];
  for (const corner of inner) {
    const inside = pointInPolygon(corner as [number, number], polygon);
    // 0: on the edge.
    if (inside !== 0) return inside;
  }
  return false;
}

/** Rings that meet in a circle enclose a part of the polygon. @returns the ring that closes the circle */
function findCut(meetings: readonly Meeting[]): number | undefined {
  const leaders = new Map<number | string, number | string>();
  const leaderOf = (node: number | string): number | string => {
    let at = node;
    for (let next = leaders.get(at); next !== undefined; next = leaders.get(at)) at = next;
    return at;
  };
  const known = new Set<string>();
  for (const { rings: both, corner } of meetings) {
    for (const ring of both) {
      // Two edges of each ring end in a corner, so each shared corner is found up to four times.
      if (known.has(`${ring} ${corner}`)) continue;
      known.add(`${ring} ${corner}`);
      const [one, other] = [leaderOf(ring), leaderOf(corner)];
      if (one === other) return ring;
      leaders.set(one, other);
    }
  }
  return undefined;
}
