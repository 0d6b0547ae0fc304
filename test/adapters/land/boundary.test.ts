import fc from 'fast-check';
import t from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import { polygonFault, type Ring } from '../../../adapters/geometry/polygon.ts';
import { readBoundary } from '../../../adapters/land/boundary.ts';

type Position = readonly [number, number];

const heToaDo = 'VN2000-TM3-105.75';
const [EAST, NORTH] = [600_000, 1_190_000];

/** Corners in metres from a place in Hồ Chí Minh City, closed. */
const ring = (...corners: Position[]): Position[] =>
  [...corners, corners[0]!].map(([east, north]) => [EAST + east, NORTH + north]);

const field = ring([0, 0], [100, 0], [100, 100], [0, 100]);
const pond = ring([40, 40], [60, 40], [60, 60], [40, 60]);

/** Twice the area, in square degrees; counter-clockwise is more than 0. */
const area = (corners: readonly (readonly number[])[]) =>
  corners
    .slice(1)
    .reduce(
      (sum, [x, y], index) =>
        sum + (corners[index]![0]! - 106) * (y! - 10) - (x! - 106) * (corners[index]![1]! - 10),
      0,
    );

const causeOf = (toaDo: unknown, system: unknown = heToaDo) => {
  try {
    readBoundary({ heToaDo: system, toaDo });
  } catch (error) {
    if (error instanceof UpstreamError) return `${error.failure}: ${error.cause}`;
    throw error;
  }
  return 'none';
};

t.test('the outline counter-clockwise and holes clockwise, whatever the registry sends', async (t) => {
  for (const outline of [field, [...field].reverse()]) {
    for (const hole of [pond, [...pond].reverse()]) {
      const [one, other] = readBoundary({ heToaDo, toaDo: [outline, hole] });
      t.ok(area(one!) > 0, 'outline');
      t.ok(area(other!) < 0, 'hole');
      t.strictSame(one!.at(-1), one![0], 'closed');
      t.ok(
        one!.flat().every((degrees) => Number(degrees.toFixed(7)) === degrees),
        'seven decimals',
      );
    }
  }
});

t.test('heights are left out, and a pond may touch the bank in a corner', async (t) => {
  const [outline] = readBoundary({ heToaDo, toaDo: [field.map((position) => [...position, 12.5])] });
  t.ok(outline!.every((position) => position.length === 2));
  t.equal(readBoundary({ heToaDo, toaDo: [field, ring([0, 0], [30, 10], [10, 30])] }).length, 2);
});

t.test('positions that are written as texts', async (t) => {
  const written = field.map(([east, north]) => [String(east), ` ${north}.0`]);
  t.strictSame(readBoundary({ heToaDo, toaDo: [written] }), readBoundary({ heToaDo, toaDo: [field] }));
  for (const east of ['', 'x', '600.000', '1e6', null])
    t.match(causeOf([[...field, [east, NORTH]]]), 'malformed: field toaDo', String(east));
});

t.test('rings that are no polygon', async (t) => {
  const far = pond.map(([east, north]): Position => [east + 500, north]);
  const wrong: readonly (readonly [fault: string, toaDo: Position[][]])[] = [
    ['toaDo[0]: not_closed', [field.slice(0, -1)]],
    ['toaDo[0]: too_short', [ring([0, 0], [100, 0], [100, 0], [100, 0])]],
    ['toaDo[0]: too_short', [ring([0, 0], [0, 0], [0, 0], [0, 0])]],
    ['toaDo[0]: self_crossing', [ring([0, 0], [50, 50], [100, 0], [100, 100], [50, 50], [0, 100])]],
    // Bent by the projection it would enclose an area.
    ['toaDo[0]: spike', [ring([0, 0], [9000, 0], [4000, 0])]],
    ['toaDo[0]: spike', [ring([0, 0], [0.3, 0.3], [0.1, 0.1])]],
    ['toaDo[0]: self_crossing', [ring([0, 0], [100, 100], [100, 0], [0, 100])]],
    ['toaDo[1]: hole_outside', [field, far]],
    ['toaDo[1]: hole_outside', [pond, field]],
    ['toaDo[2]: hole_in_hole', [field, ring([10, 10], [90, 10], [90, 90], [10, 90]), pond]],
    ['toaDo[1]: rings_cross', [field, ring([90, 40], [110, 40], [110, 60])]],
  ];
  for (const [fault, toaDo] of wrong) t.equal(causeOf(toaDo), `malformed: field ${fault}`, fault);
});

t.test('a corner that is written twice in a row is one corner', async (t) => {
  const expected = readBoundary({ heToaDo, toaDo: [field, pond] });
  const twice = (corners: Position[]) => corners.flatMap((corner) => [corner, corner]);
  const almost = (corners: Position[]) =>
    corners.flatMap(([east, north]): Position[] => [
      [east, north],
      [east + 0.0001, north],
    ]);
  for (const [what, again] of Object.entries({ twice, almost })) {
    t.strictSame(readBoundary({ heToaDo, toaDo: [again(field), again(pond)] }), expected, what);
  }
  const closedTwice = [...field, field[0]!];
  t.strictSame(readBoundary({ heToaDo, toaDo: [closedTwice, pond] }), expected, 'at the end');
});

t.test('values that are no list of rings at all', async (t) => {
  for (const toaDo of [
    undefined,
    [],
    field,
    [field, 'x'],
    [[...field, 'x']],
    [[...field, [1]]],
    [[['600000', 'x']]],
  ]) {
    t.match(causeOf(toaDo), /^malformed: field toaDo/, JSON.stringify(toaDo)?.slice(0, 40));
  }
  t.match(causeOf([field], 'EPSG:4326'), /heToaDo/);
  t.match(causeOf([field], undefined as unknown as string), /none/);
});

t.test('a ditch narrower than a centimetre stays one', async (t) => {
  const ditch = ring([0, 0], [100, 0], [100, 0.001], [0, 0.001]);
  const [outline] = readBoundary({ heToaDo, toaDo: [ditch] });
  t.equal(outline!.length, 5);
  t.ok(area(outline!) > 0);
  t.ok(
    outline!.flat().some((degrees) => Number(degrees.toFixed(7)) !== degrees),
    'nine decimals',
  );
});

t.test('a polygon in metres is one in degrees', async (t) => {
  const radius = fc.integer({ min: 2, max: 5_000_000 });
  const property = fc.property(fc.array(radius, { minLength: 3, maxLength: 40 }), (radii) => {
    const corners = radii.map((millimetres, index): Position => {
      const angle = (2 * Math.PI * index) / radii.length;
      const [x, y] = [(millimetres / 1000) * Math.cos(angle), (millimetres / 1000) * Math.sin(angle)];
      return [Math.round(x * 1000) / 1000, Math.round(y * 1000) / 1000];
    });
    const surveyed = ring(...corners);
    fc.pre(polygonFault([surveyed], 1000) === undefined);
    const rings = readBoundary({ heToaDo, toaDo: [surveyed] });
    t.ok(area(rings[0]!) > 0 && polygonFault(rings as unknown as Ring[], 1e9) === undefined);
  });
  fc.assert(property, { numRuns: 100 });
});
