import proj4 from 'proj4';
import t, { type Test } from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import { type Position, toWgs84 } from '../../../adapters/land/vn2000.ts';

const A = 6_378_137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
const ARC_SECOND = Math.PI / 648_000;

type Vector = [x: number, y: number, z: number];

function toGeocentric(longitude: number, latitude: number): Vector {
  const [lambda, phi] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  const n = A / Math.sqrt(1 - E2 * Math.sin(phi) ** 2);
  return [
    n * Math.cos(phi) * Math.cos(lambda),
    n * Math.cos(phi) * Math.sin(lambda),
    n * (1 - E2) * Math.sin(phi),
  ];
}

function toGeographic([x, y, z]: Vector): Position {
  const p = Math.hypot(x, y);
  let phi = Math.atan2(z, p * (1 - E2));
  for (let round = 0; round < 10; round++) {
    const n = A / Math.sqrt(1 - E2 * Math.sin(phi) ** 2);
    phi = Math.atan2(z + E2 * n * Math.sin(phi), p);
  }
  return [(Math.atan2(y, x) * 180) / Math.PI, (phi * 180) / Math.PI];
}

/** EPSG:6960 by the formula of EPSG method 9607, coordinate frame rotation (IOGP Guidance Note 7-2, 4.3.3). */
function coordinateFrame([x, y, z]: Vector): Vector {
  const [tx, ty, tz] = [-191.90441429, -39.30318279, -111.45032835];
  const [rx, ry, rz] = [-0.00928836, 0.01975479, -0.00427372].map(
    (seconds) => seconds * ARC_SECOND,
  ) as Vector;
  const m = 1 + 0.252906278e-6;
  return [m * (x + rz * y - ry * z) + tx, m * (-rz * x + y + rx * z) + ty, m * (ry * x - rx * y + z) + tz];
}

/** As the EPSG dataset names them: "VN-2000 / TM-3 105-45" is of 105° 45'. */
const MERIDIANS: Readonly<Record<string, number>> = {
  ...{ 5896: 102, 5897: 105, 5898: 108, 5899: 107 + 45 / 60, 9205: 103, 9206: 104, 9207: 104 + 30 / 60 },
  ...{ 9208: 104 + 45 / 60, 9209: 105 + 30 / 60, 9210: 105 + 45 / 60, 9211: 106, 9212: 106 + 15 / 60 },
  ...{ 9213: 106 + 30 / 60, 9214: 107, 9215: 107 + 15 / 60, 9216: 107 + 30 / 60, 9217: 108 + 15 / 60 },
  ...{ 9218: 108 + 30 / 60, 6956: 102, 6957: 105, 6958: 108, 6959: 107 + 45 / 60 },
};

/** East and north of a place in VN-2000's own longitude and latitude. */
function project(system: string, place: Position): [number, number] {
  const projection: Readonly<Record<string, string>> = {
    'EPSG:3405': '+proj=utm +zone=48',
    'EPSG:3406': '+proj=utm +zone=49',
    'VN2000-TM3-105': '+proj=tmerc +lon_0=105 +k=0.9999 +x_0=500000',
    'VN2000-TM3-105.75': '+proj=tmerc +lon_0=105.75 +k=0.9999 +x_0=500000',
    'VN2000-TM3-107.50': '+proj=tmerc +lon_0=107.5 +k=0.9999 +x_0=500000',
    ...Object.fromEntries(
      Object.entries(MERIDIANS).map(([code, meridian]) => [
        `EPSG:${code}`,
        `+proj=tmerc +lon_0=${meridian} +k=0.9999 +x_0=500000`,
      ]),
    ),
  };
  const [east = 0, north = 0] = proj4(`${projection[system]} +ellps=WGS84`).forward(place);
  return [east, north];
}

function near(t: Test, [x1, y1]: Position, [x2, y2]: Position, what: string): void {
  // About a millimetre.
  t.ok(Math.abs(x1 - x2) < 1e-8 && Math.abs(y1 - y2) < 1e-8, `${what}: ${x1},${y1} is ${x2},${y2}`);
}

t.test('the seven parameters, by another road', async (t) => {
  const places: Readonly<Record<string, Position>> = {
    'EPSG:3405': [105.85, 21.03],
    'EPSG:3406': [109.2, 12.25],
    'VN2000-TM3-105': [105.81, 21.04],
    'VN2000-TM3-105.75': [106.7, 10.78],
    'VN2000-TM3-107.50': [108.2, 16.06],
    ...Object.fromEntries(
      Object.entries(MERIDIANS).map(([code, meridian]) => [`EPSG:${code}`, [meridian + 0.3, 16]] as const),
    ),
  };
  for (const [system, place] of Object.entries(places)) {
    const [east, north] = project(system, place);
    const [first] = toWgs84(system, [[east, north]]);
    const expected = toGeographic(coordinateFrame(toGeocentric(...place)));
    near(t, first!, expected, system);
  }
});

t.test('a code in small letters is the same', async (t) => {
  const position: Position[] = [[587_000, 2_325_000]];
  t.strictSame(toWgs84('epsg:5897', position), toWgs84('EPSG:5897', position));
  t.strictSame(toWgs84('vn2000-tm3-105', position), toWgs84('EPSG:5897', position));
});

t.test('no system, or nowhere in the country', async (t) => {
  const ring: readonly Position[] = [
    [600_000, 1_190_000],
    [600_010, 1_190_000],
    [600_000, 1_190_010],
  ];
  t.equal(toWgs84('VN2000-TM3-105.75', ring).length, 3);
  const wrong: readonly (readonly [string, readonly Position[]])[] = [
    ['', ring],
    ['EPSG:4326', ring],
    // VN-2000 without a projection, and numbers beside those of its zones.
    ...[4756, 5895, 5900, 6955, 6960, 9204, 9219].map((code) => [`EPSG:${code}`, ring] as const),
    ['VN2000-TM3-', ring],
    ['VN2000-TM3-105.3', ring],
    ['VN2000-TM3-99', ring],
    ['VN2000-TM3-119', ring],
    ['VN2000-TM3-105 +proj=merc', ring],
    ['__proto__', ring],
    // North before east, and longitude with latitude.
    ['VN2000-TM3-105', ring.map(([east, north]) => [north, east])],
    ['VN2000-TM3-105', ring.map(() => [105.8, 21])],
  ];
  for (const [system, positions] of wrong) t.throws(() => toWgs84(system, positions), UpstreamError, system);
});
