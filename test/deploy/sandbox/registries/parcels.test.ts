import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import proj4 from 'proj4';
import { test } from 'tap';
import { enterpriseByCode } from '../../../../deploy/sandbox/registries/business/registry.ts';
import { boundaryOf } from '../../../../deploy/sandbox/registries/land/boundary.ts';
import { CADASTRAL_MAPS, CENTRAL_MERIDIANS } from '../../../../deploy/sandbox/registries/land/cadastre.ts';
import { certificatesOf } from '../../../../deploy/sandbox/registries/land/certificates.ts';
import type { Parcel } from '../../../../deploy/sandbox/registries/land/parcel.ts';
import { allParcels, ownerIdentifier } from '../../../../deploy/sandbox/registries/land/registry.ts';
import { renderParcel } from '../../../../deploy/sandbox/registries/land/render-parcel.ts';
import { communeByCode } from '../../../../deploy/sandbox/registries/places.ts';
import { personByNumber } from '../../../../deploy/sandbox/registries/population/registry.ts';

const parcels = allParcels();

type Point = readonly [number, number];

/** West, south, east, north of the three provinces, degrees. */
const BOUNDS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  '01': [105.28, 20.56, 106.02, 21.39],
  '48': [107.1, 15.0, 108.75, 16.3],
  '79': [106.2, 10.2, 107.6, 11.55],
};

/** EPSG:6960, its rotations with the other sign: `towgs84` means the position vector method. */
function toWgs84(province: string, [east, north]: Point): Point {
  const zone =
    `+proj=tmerc +lat_0=0 +lon_0=${CENTRAL_MERIDIANS[province]} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 ` +
    '+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 +units=m +no_defs';
  const [longitude, latitude] = proj4(zone, 'WGS84', [east, north]);
  return [longitude!, latitude!];
}

const provinceOf = (parcel: Parcel) => CADASTRAL_MAPS[parcel.map]!.provinceCode;

test('there are 50,000 parcels in communes of three provinces, each key once', async (t) => {
  t.equal(parcels.length, 50_000);
  const keys = parcels.map(
    ({ communeCode, mapSheet, parcelNumber }) => `${communeCode}/${mapSheet}/${parcelNumber}`,
  );
  t.equal(new Set(keys).size, parcels.length);
  t.strictSame([...new Set(parcels.map(provinceOf))].sort(), ['01', '48', '79']);
  t.strictSame(
    parcels.filter((parcel) => communeByCode.get(parcel.communeCode)?.province.code !== provinceOf(parcel)),
    [],
  );
});

test('owners are in the other registries, and their shares are all of the parcel', async (t) => {
  const kinds = { CA_NHAN: 0, HO_GIA_DINH: 0, TO_CHUC: 0, couples: 0 };
  for (const parcel of parcels) {
    const { chuSuDung } = renderParcel(parcel);
    if (chuSuDung.length === 2) kinds.couples++;
    let shares = 0;
    for (const [position, owner] of chuSuDung.entries()) {
      shares += owner.tyLe;
      kinds[owner.loai as 'CA_NHAN' | 'HO_GIA_DINH' | 'TO_CHUC']++;
      const identifier = ownerIdentifier(parcel.owners[position]!);
      if (!(owner.soDinhDanh ? personByNumber(identifier) : enterpriseByCode(identifier)))
        t.fail('an owner is nowhere');
    }
    if (shares !== 100) t.fail(`shares of ${shares} %`);
    const [first, second] = parcel.owners;
    if (second && personByNumber(ownerIdentifier(first!))?.spouse !== second.position) t.fail('not a couple');
  }
  t.ok(kinds.CA_NHAN > 40_000 && kinds.TO_CHUC > 3_000 && kinds.couples > 5_000, JSON.stringify(kinds));
  t.ok(kinds.HO_GIA_DINH > 500, 'some land was given to households');
});

test('certificates have valid numbers, each once', async (t) => {
  const written = parcels.flatMap(certificatesOf).map(({ soPhatHanh }) => soPhatHanh);
  const numbers = written.map((number) => number.toUpperCase().replace(' ', ''));
  t.ok(numbers.length > 40_000);
  t.ok(
    written.filter((number) => !/^[A-ZĐ]{1,2} /.test(number)).length > 1_000,
    'some in forms of their own',
  );
  t.strictSame(
    numbers.filter((number) => !/^[A-ZĐ]{1,2}(\d{6}|\d{8})$/.test(number)),
    [],
  );
  t.equal(new Set(numbers).size, numbers.length);
  t.ok(
    parcels.some((parcel) => certificatesOf(parcel).length === 0),
    'some are not certified',
  );
});

test('purposes and origins cover the area', async (t) => {
  const uncovered = parcels.filter((parcel) => {
    const { DC_ThuaDat } = renderParcel(parcel);
    const used = DC_ThuaDat.DC_MucDichSuDung.reduce((sum, { dienTich }) => sum + dienTich, 0);
    return (
      Math.abs(used - DC_ThuaDat.dienTich) > 0.05 ||
      DC_ThuaDat.DC_NguonGocDat[0]?.dienTich !== DC_ThuaDat.dienTich
    );
  });
  t.strictSame(uncovered.slice(0, 3), []);
});

test('boundaries are closed, counter-clockwise, of the area recorded, and overlap no neighbour', async (t) => {
  for (const parcel of parcels) {
    const { toaDo, area } = boundaryOf(parcel);
    const [ring] = toaDo;
    const [first, last] = [ring![0]!, ring!.at(-1)!];
    const signed = shoelace(ring!);
    if (first[0] !== last[0] || first[1] !== last[1]) t.fail('an open ring');
    if (signed <= 0 || Math.abs(signed - area) > 0.051) t.fail(`area ${signed} instead of ${area}`);
    if (renderParcel(parcel).DC_ThuaDat.dienTich !== area) t.fail('another area is recorded');
    const { cell } = CADASTRAL_MAPS[parcel.map]!;
    const width = Math.max(...ring!.map(([east]) => east)) - first[0];
    if (width >= cell[0]) t.fail('wider than its cell');
  }
});

test('boundaries lie in their province', async (t) => {
  const outside = parcels.filter((parcel) => {
    const [west, south, east, north] = BOUNDS[provinceOf(parcel)]!;
    const [longitude, latitude] = toWgs84(provinceOf(parcel), boundaryOf(parcel).toaDo[0]![0]!);
    return longitude < west || longitude > east || latitude < south || latitude > north;
  });
  t.strictSame(outside, []);
});

for (const communeCode of ['00004', '00070', '27154']) {
  const file = new URL(`../../../../../shared/data/communes/${communeCode}.geojson`, import.meta.url);
  test(`boundaries of ${communeCode} lie in the commune`, {
    skip: existsSync(file) ? false : 'no boundary',
  }, async (t) => {
    const rings = ringsOf(JSON.parse(readFileSync(file, 'utf8')));
    const inCommune = parcels.filter((parcel) => parcel.communeCode === communeCode);
    t.ok(inCommune.length > 2_000);
    const outside = inCommune.filter(
      (parcel) =>
        !boundaryOf(parcel).toaDo[0]!.every((point) => contains(rings, toWgs84(provinceOf(parcel), point))),
    );
    t.strictSame(outside.slice(0, 3), []);
  });
}

test('the parcels are the same on every run and machine', async (t) => {
  const rendered = createHash('sha256');
  for (const parcel of parcels) rendered.update(JSON.stringify([renderParcel(parcel), boundaryOf(parcel)]));
  t.equal(rendered.digest('hex'), '6b655c305c8df1fe9f5e202e26844d78fae9ab01dacdc597dce513b8d4b79e43');
});

/** Signed area: positive if counter-clockwise. Relative to the first corner, to keep the digits. */
function shoelace(ring: readonly Point[]): number {
  const [x, y] = ring[0]!;
  return ring.reduce((sum, [east, north], position) => {
    const [nextEast, nextNorth] = ring[(position + 1) % ring.length]!;
    return sum + ((east - x) * (nextNorth - y) - (nextEast - x) * (north - y)) / 2;
  }, 0);
}

/** Every ring of a GeoJSON collection of multipolygons. */
function ringsOf(collection: { features: { geometry: { coordinates: Point[][][] } }[] }): Point[][] {
  return collection.features.flatMap(({ geometry }) => geometry.coordinates.flat());
}

/** Even-odd rule. */
function contains(rings: readonly Point[][], [x, y]: Point): boolean {
  let inside = false;
  for (const ring of rings) {
    for (const [position, [east, north]] of ring.entries()) {
      const [lastEast, lastNorth] = ring.at(position - 1)!;
      if (north > y !== lastNorth > y && x < ((lastEast - east) * (y - north)) / (lastNorth - north) + east)
        inside = !inside;
    }
  }
  return inside;
}
