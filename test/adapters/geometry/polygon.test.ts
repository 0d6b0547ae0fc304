import fc from 'fast-check';
import t from 'tap';
import { type PolygonFault, polygonFault, type Ring } from '../../../adapters/geometry/polygon.ts';

type Position = readonly [number, number];

/** A square, from its south-west corner. */
const square = (x: number, y: number, side: number): Position[] => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];

/** Closes a list of corners. */
const ring = (...corners: Position[]): Position[] => [...corners, corners[0]!];

const field = square(0, 0, 10);

t.test('polygons', async (t) => {
  const sound: Readonly<Record<string, Ring[]>> = {
    'a square': [field],
    'a triangle': [ring([0, 0], [10, 0], [0, 10])],
    'a corner on a straight edge': [ring([0, 0], [5, 0], [10, 0], [10, 10])],
    'a hole': [field, square(2, 2, 2)],
    'two holes': [field, square(1, 1, 2), square(5, 5, 2)],
    'a hole that meets the outline in a corner': [field, ring([0, 0], [3, 1], [1, 3])],
    'holes that meet in a corner': [field, square(1, 1, 2), square(3, 3, 2)],
    'three that meet in one corner': [
      field,
      ring([5, 5], [7, 4], [8, 5]),
      ring([5, 5], [5, 8], [4, 7]),
      square(3, 3, 2),
    ],
    'an L around another box': [ring([0, 0], [10, 0], [10, 1], [1, 1], [1, 10], [0, 10])],
    'decimals that no binary number is': [ring([0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.2, 0.2])],
  };
  for (const [name, rings] of Object.entries(sound)) {
    for (const turned of turnings(rings)) t.equal(polygonFault(turned, 1000), undefined, name);
  }
});

t.test('rings that are no polygon', async (t) => {
  const wrong: readonly (readonly [name: string, fault: PolygonFault, ring: number, rings: Ring[]])[] = [
    ['no ring at all', 'too_short', 0, [[]]],
    ['two corners', 'too_short', 0, [ring([0, 0], [1, 1])]],
    ['open', 'not_closed', 0, [field.slice(0, -1)]],
    ['an open hole', 'not_closed', 1, [field, square(2, 2, 2).slice(0, -1)]],
    ['a corner twice', 'repeated_position', 0, [ring([0, 0], [10, 0], [10, 0], [0, 10])]],
    ['closed twice', 'repeated_position', 0, [[...field, [0, 0]]]],
    [
      'a corner twice, within the precision',
      'repeated_position',
      0,
      [ring([0, 0], [10, 0], [10.0001, 0], [0, 10])],
    ],
    ['a line', 'spike', 0, [ring([0, 0], [10, 0], [5, 0])]],
    ['a line there and back', 'spike', 0, [ring([0, 0], [5, 5], [10, 10], [5, 5])]],
    ['a line of decimals', 'spike', 0, [ring([0.1, 0.1], [0.7, 0.7], [0.3, 0.3])]],
    ['a spike', 'spike', 0, [ring([0, 0], [10, 0], [15, 0], [10, 0], [10, 10])]],
    ['a spike inwards', 'spike', 0, [ring([0, 0], [10, 0], [10, 10], [5, 5], [10, 10], [0, 10])]],
    ['a bow tie', 'self_crossing', 0, [ring([0, 0], [10, 10], [10, 0], [0, 10])]],
    [
      'a figure of eight through a corner',
      'self_crossing',
      0,
      [ring([0, 0], [5, 5], [10, 0], [10, 10], [5, 5], [0, 10])],
    ],
    ['a corner on its own edge', 'self_crossing', 0, [ring([0, 0], [10, 0], [10, 10], [5, 0], [0, 10])]],
    ['round twice', 'self_crossing', 0, [[...field, ...field.slice(1)]]],
    ['a hole elsewhere', 'hole_outside', 1, [field, square(20, 0, 2)]],
    ['a hole around the outline', 'hole_outside', 1, [field, square(-5, -5, 30)]],
    ['a hole across the outline', 'rings_cross', 1, [field, square(8, 8, 5)]],
    ['a hole along the outline', 'rings_cross', 1, [field, square(0, 2, 3)]],
    [
      'a hole whose corner is on an edge of the outline',
      'rings_cross',
      1,
      [field, ring([0, 5], [3, 4], [3, 6])],
    ],
    ['the outline as its own hole', 'rings_cross', 1, [field, field]],
    ['a hole beside the outline, with a corner in common', 'hole_outside', 1, [field, square(10, 10, 2)]],
    ['a hole in a hole', 'hole_in_hole', 2, [field, square(1, 1, 6), square(2, 2, 2)]],
    ['holes that overlap', 'rings_cross', 2, [field, square(1, 1, 4), square(3, 3, 4)]],
    ['the same hole twice', 'rings_cross', 2, [field, square(1, 1, 4), square(1, 1, 4)]],
    ['a hole from corner to corner', 'cut_in_two', 1, [field, ring([0, 0], [6, 4], [10, 10], [4, 6])]],
    [
      'holes that make a circle',
      'cut_in_two',
      3,
      [
        square(0, 0, 20),
        ring([5, 5], [10, 4], [15, 5]),
        ring([15, 5], [15, 9], [10, 15]),
        ring([10, 15], [6, 9], [5, 5]),
      ],
    ],
  ];
  for (const [name, fault, number, rings] of wrong) {
    t.strictSame(polygonFault(rings, 1000), { fault, ring: number }, name);
    for (const turned of turnings(rings.map((one) => [...one]))) {
      if (
        fault !== 'not_closed' &&
        fault !== 'too_short' &&
        name !== 'round twice' &&
        name !== 'closed twice'
      )
        t.equal(polygonFault(turned, 1000)?.fault, fault, `${name}, begun elsewhere`);
    }
  }
});

/** The same rings in the other direction, and begun at other corners. */
function* turnings(rings: readonly Ring[]): Generator<Ring[]> {
  yield [...rings];
  yield rings.map((one) => [...one].reverse());
  for (const by of [1, 2]) {
    yield rings.map((one) => {
      const corners = one.slice(0, -1);
      const moved = [...corners.slice(by), ...corners.slice(0, by)];
      return [...moved, moved[0]!];
    });
  }
}

/** Is anything of two segments the same place? By parameters along them: another road than that of the code. */
function meet([ax, ay]: Position, [bx, by]: Position, [cx, cy]: Position, [dx, dy]: Position): boolean {
  const [rx, ry, sx, sy] = [bx - ax, by - ay, dx - cx, dy - cy];
  const across = rx * sy - ry * sx;
  const [qx, qy] = [cx - ax, cy - ay];
  if (across !== 0) {
    const [t, u] = [(qx * sy - qy * sx) / across, (qx * ry - qy * rx) / across];
    return t >= 0 && t <= 1 && u >= 0 && u <= 1;
  }
  if (qx * ry - qy * rx !== 0) return false;
  const length = rx * rx + ry * ry;
  const [from, to] = [qx * rx + qy * ry, (dx - ax) * rx + (dy - ay) * ry];
  return Math.max(from, to) >= 0 && Math.min(from, to) <= length;
}

/** No two edges have anything in common but the corner between neighbours, by comparing all with all. */
function isSimple(outline: readonly Position[]): boolean {
  const edges = outline.slice(1).map((corner, index) => [outline[index]!, corner] as const);
  return edges.every(([a, b], one) =>
    edges.every(([c, d], other) => {
      if (other <= one) return true;
      const follows = other === one + 1;
      const precedes = one === 0 && other === edges.length - 1;
      if (!follows && !precedes) return !meet(a, b, c, d);
      const [from, corner, to] = follows ? [a, b, d] : [c, a, b];
      const [ux, uy, vx, vy] = [
        from[0] - corner[0],
        from[1] - corner[1],
        to[0] - corner[0],
        to[1] - corner[1],
      ];
      return ux * vy - uy * vx !== 0 || ux * vx + uy * vy < 0;
    }),
  );
}

t.test('any ring, held against a comparison of all edges with all', async (t) => {
  const coordinate = fc.integer({ min: 0, max: 6 });
  const corners = fc.uniqueArray(fc.tuple(coordinate, coordinate), {
    minLength: 3,
    maxLength: 7,
    selector: ([x, y]) => x * 10 + y,
  });
  const seen = { sound: 0, broken: 0 };
  const property = fc.property(corners, (positions) => {
    const outline = ring(...positions);
    const sound = isSimple(outline);
    seen[sound ? 'sound' : 'broken']++;
    return (polygonFault([outline], 1) === undefined) === sound;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
  t.ok(seen.sound > 100 && seen.broken > 100, JSON.stringify(seen));
});

t.test('a polygon that takes too long is refused, not computed', async (t) => {
  const circle = (corners: number): Position[] =>
    ring(
      ...Array.from({ length: corners }, (_, index): Position => {
        const angle = (2 * Math.PI * index) / corners;
        return [1e6 * Math.cos(angle), 1e6 * Math.sin(angle)];
      }),
    );
  t.equal(polygonFault([circle(19_999)], 1000), undefined, 'as many as there may be');
  t.strictSame(polygonFault([circle(100_000)], 1000), { fault: 'too_large', ring: 0 });
  t.strictSame(polygonFault(Array(101).fill(field), 1000), { fault: 'too_large', ring: 0 });
  // Every box meets every other, and no edge crosses.
  const teeth = Array.from({ length: 5000 }, (_, index): Position[] => [
    [index, 0],
    [index + 100_000.5, 100_000],
  ]).flat();
  t.strictSame(polygonFault([ring(...teeth, [200_000, 0], [5000, -10])], 1000), {
    fault: 'too_intricate',
    ring: 0,
  });
});
