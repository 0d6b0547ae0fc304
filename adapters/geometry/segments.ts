/**
 * Compares the edges of rings with each other: which meet in a corner, and does one cross, overlap or touch
 * another elsewhere?
 *
 * Edges whose boxes do not meet are not compared (flatbush, a packed R-tree), and the side of a line on which a corner lies is
 * computed exactly (robust-predicates): no tolerance, so the answer does not depend on the order of the corners.
 */
import Flatbush from 'flatbush';
import { orient2d } from 'robust-predicates';

/** Positions in whole units (millimetres, billionths of a degree). The last position is the first. */
export type Ring = readonly (readonly [x: number, y: number])[];

/** A corner that two rings have in common. */
export interface Meeting {
  readonly rings: readonly [number, number];
  /** Key of the position. */
  readonly corner: string;
}

export type SegmentFault = 'self_crossing' | 'rings_cross' | 'too_intricate';

/**
 * Most pairs of edges whose boxes meet. A boundary of n edges has a few times n; one with a million pairs, such as a comb of long
 * slanting teeth, is no parcel, and would block the event loop.
 */
const MOST_PAIRS = 1_000_000;

/**
 * @param rings closed and without spikes: consecutive edges have their corner in common and nothing else
 * @returns the first fault and the number of its ring, or the corners that rings share
 */
export function compareSegments(
  rings: readonly Ring[],
): { readonly fault: SegmentFault; readonly ring: number } | { readonly meetings: readonly Meeting[] } {
  const ringOf: number[] = [];
  const firstOf: number[] = [];
  for (const [number, ring] of rings.entries()) {
    firstOf.push(ringOf.length);
    for (let index = 1; index < ring.length; index++) ringOf.push(number);
  }
  const ends = new Float64Array(ringOf.length * 4);
  const boxes = new Flatbush(ringOf.length);
  let place = 0;
  for (const ring of rings) {
    for (let index = 1; index < ring.length; index++) {
      const [[x1, y1], [x2, y2]] = [ring[index - 1]!, ring[index]!];
      ends.set([x1, y1, x2, y2], place);
      place += 4;
      boxes.add(Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2));
    }
  }
  boxes.finish();

  const meetings: Meeting[] = [];
  let found: { fault: SegmentFault; ring: number } | undefined;
  let pairs = 0;
  const compare = (one: number, other: number): void => {
    if (found || other <= one) return;
    const [ring, otherRing] = [ringOf[one]!, ringOf[other]!];
    if (++pairs > MOST_PAIRS) {
      found = { fault: 'too_intricate', ring };
      return;
    }
    const relation = relationOf(ends, one * 4, other * 4);
    if (relation === 'apart') return;
    if (ring !== otherRing) {
      if (relation === 'corner')
        meetings.push({ rings: [ring, otherRing], corner: cornerOf(ends, one * 4, other * 4) });
      else found = { fault: 'rings_cross', ring: otherRing };
      return;
    }
    const last = firstOf[ring]! + rings[ring]!.length - 2;
    const follows = other === one + 1 || (one === firstOf[ring] && other === last);
    if (!follows) found = { fault: 'self_crossing', ring };
  };
  for (let one = 0; one < ringOf.length && !found; one++) {
    const [x1, y1, x2, y2] = [ends[one * 4]!, ends[one * 4 + 1]!, ends[one * 4 + 2]!, ends[one * 4 + 3]!];
    boxes.search(Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2), (other) => {
      compare(one, other);
      return false;
    });
  }
  return found ?? { meetings };
}

/** `corner`: an end of both and nothing else; `more`: they cross, overlap, or an end lies within the other. */
type Relation = 'apart' | 'corner' | 'more';

/** Compares two segments whose boxes meet; `a` and `c` are the offsets of their ends in the list. */
function relationOf(ends: Float64Array, a: number, c: number): Relation {
  const [ax, ay, bx, by] = [ends[a]!, ends[a + 1]!, ends[a + 2]!, ends[a + 3]!];
  const [cx, cy, dx, dy] = [ends[c]!, ends[c + 1]!, ends[c + 2]!, ends[c + 3]!];
  const ofC = Math.sign(orient2d(ax, ay, bx, by, cx, cy));
  const ofD = Math.sign(orient2d(ax, ay, bx, by, dx, dy));
  if (ofC * ofD > 0) return 'apart';
  const ofA = Math.sign(orient2d(cx, cy, dx, dy, ax, ay));
  const ofB = Math.sign(orient2d(cx, cy, dx, dy, bx, by));
  if (ofA * ofB > 0) return 'apart';
  if (ofC === 0 && ofD === 0) {
    // On one line: boxes that meet in a point meet in an end of both.
    const width = Math.min(Math.max(ax, bx), Math.max(cx, dx)) - Math.max(Math.min(ax, bx), Math.min(cx, dx));
    const height =
      Math.min(Math.max(ay, by), Math.max(cy, dy)) - Math.max(Math.min(ay, by), Math.min(cy, dy));
    return width > 0 || height > 0 ? 'more' : 'corner';
  }
  const shared =
    (ax === cx && ay === cy) ||
    (ax === dx && ay === dy) ||
    (bx === cx && by === cy) ||
    (bx === dx && by === dy);
  return shared ? 'corner' : 'more';
}

function cornerOf(ends: Float64Array, a: number, c: number): string {
  const isFirst =
    (ends[a] === ends[c] && ends[a + 1] === ends[c + 1]) ||
    (ends[a] === ends[c + 2] && ends[a + 1] === ends[c + 3]);
  const at = isFirst ? a : a + 2;
  return `${ends[at]},${ends[at + 1]}`;
}
