import { test } from 'tap';
import { enterpriseByCode } from '../../../../deploy/sandbox/registries/business/registry.ts';
import { allParcels, ownerIdentifier } from '../../../../deploy/sandbox/registries/land/registry.ts';
import { communeByCode } from '../../../../deploy/sandbox/registries/places.ts';
import { fullName } from '../../../../deploy/sandbox/registries/population/person.ts';
import { personByNumber } from '../../../../deploy/sandbox/registries/population/registry.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { control, land, parcelQuery, started } from './clients.ts';

const { parcels, persons } = samples();
const provinceOf = (communeCode: string) => communeByCode.get(communeCode)!.province.code;

test('a parcel is found by its key, at its own province', async (t) => {
  const { land: to } = await started(t);
  for (const key of parcels.present) {
    const province = provinceOf(key.communeCode);
    const { status, body } = await land(to, province, `thuaDat?${parcelQuery(key)}`);
    t.equal(status, 200);
    t.match(body, {
      DC_ThuaDat: { maXa: key.communeCode, soHieuToBanDo: key.mapSheet, soThuTuThua: key.parcelNumber },
      phienBan: 1,
    });
    const elsewhere = province === '01' ? '79' : '01';
    t.equal((await land(to, elsewhere, `thuaDat?${parcelQuery(key)}`)).status, 404);
  }
  for (const key of parcels.absent) {
    const { status, body } = await land(to, provinceOf(key.communeCode), `thuaDat?${parcelQuery(key)}`);
    t.equal(status, 404);
    t.equal(body.maLoi, 'THUA_DAT_NOT_FOUND');
  }
  t.equal((await land(to, '01', 'thuaDat?maXa=00004')).status, 400);
  t.equal((await land(to, '01', 'khongCo')).status, 404);
});

test('an owner, person or enterprise, has all of their parcels in a province listed', async (t) => {
  const { land: to } = await started(t);
  for (const kind of ['person', 'enterprise'] as const) {
    const parcel = allParcels().find(({ owners }) => owners[0]?.kind === kind)!;
    const identifier = ownerIdentifier(parcel.owners[0]!);
    const query = kind === 'person' ? { soDinhDanh: identifier } : { maSoDoanhNghiep: identifier };
    const ten =
      kind === 'person' ? fullName(personByNumber(identifier)!) : enterpriseByCode(identifier)!.name;
    const expected = allParcels().filter(({ owners }) =>
      owners.some((owner) => ownerIdentifier(owner) === identifier),
    );
    const { body } = await land(to, '01', 'thuaDat/theoChuSuDung', { ...query, offset: 0, limit: 1000 });
    t.equal(body.tongSo, expected.length);
    t.equal(body.danhSach.length, expected.length);
    t.ok(
      body.danhSach.every((one: { chuSuDung: { ten: string }[] }) =>
        one.chuSuDung.some((owner) => owner.ten === ten),
      ),
    );
  }
  const none = await land(to, '01', 'thuaDat/theoChuSuDung', { soDinhDanh: persons.absent[0] });
  t.strictSame(none, { status: 200, body: { tongSo: 0, danhSach: [] } });
  for (const wrong of [
    {},
    { soDinhDanh: '1', maSoDoanhNghiep: '2' },
    { soDinhDanh: 1 },
    { soDinhDanh: '1', limit: -1 },
    'x',
    null,
  ]) {
    t.equal((await land(to, '01', 'thuaDat/theoChuSuDung', wrong)).status, 400);
  }
});

test('a boundary comes in the zone of its province', async (t) => {
  const { land: to } = await started(t);
  const zones: Record<string, string> = {
    '01': 'VN2000-TM3-105.0',
    '48': 'VN2000-TM3-107.75',
    '79': 'VN2000-TM3-105.75',
  };
  for (const key of parcels.present) {
    const province = provinceOf(key.communeCode);
    const { body } = await land(to, province, `thuaDat/ranhGioi?${parcelQuery(key)}`);
    t.equal(body.heToaDo, zones[province]);
    t.equal(Number(body.heToaDo.split('-')[2]), to.upstreams[province]!.centralMeridian);
    t.equal(body.toaDo[0]?.length, 5);
  }
});

test('each province has a key of its own', async (t) => {
  const { land: to } = await started(t);
  const { url } = to.upstreams['01']!;
  const path = `${url}/thuaDat?${parcelQuery(parcels.present[0]!)}`;
  const asked = async (headers: Record<string, string>) => {
    const response = await fetch(path, { headers });
    return [response.status, ((await response.json()) as { maLoi: string }).maLoi];
  };
  t.strictSame(await asked({}), [401, 'KHOA_KHONG_HOP_LE']);
  t.strictSame(await asked({ 'x-api-key': 'wrong' }), [401, 'KHOA_KHONG_HOP_LE']);
  t.strictSame(await asked({ 'x-api-key': to.upstreams['79']!.apiKey }), [403, 'KHONG_CO_QUYEN']);
});

test('a sale changes version, owners, certificate and the lists of both owners', async (t) => {
  const { land: to, registries } = await started(t);
  const key = parcels.present[0]!;
  const seller = ownerIdentifier(
    registries.land.find(key.communeCode, key.mapSheet, key.parcelNumber)!.owners[0]!,
  );
  const buyer = persons.present[0]!;
  const province = provinceOf(key.communeCode);
  const before = (await land(to, province, `thuaDat?${parcelQuery(key)}`)).body;
  const count = async (soDinhDanh: string) =>
    (await land(to, province, 'thuaDat/theoChuSuDung', { soDinhDanh })).body.tongSo;
  const [sellerHad, buyerHad] = [await count(seller), await count(buyer)];

  const change = registries.land.change(key.communeCode, key.mapSheet, key.parcelNumber, [
    { soDinhDanh: buyer, share: 100 },
  ]);
  t.equal(change.version, 2);
  const after = (await land(to, province, `thuaDat?${parcelQuery(key)}`)).body;
  t.match(after, { phienBan: 2, chuSuDung: [{ loai: 'CA_NHAN', soDinhDanh: buyer, tyLe: 100 }] });
  t.equal(after.DC_GiayChungNhan.length, 1);
  t.notSame(after.DC_GiayChungNhan, before.DC_GiayChungNhan);
  t.strictSame(after.DC_ThuaDat, before.DC_ThuaDat);
  t.strictSame([await count(seller), await count(buyer)], [sellerHad - 1, buyerHad + 1]);
  const nobody = [{ soDinhDanh: persons.absent[0]!, share: 100 }];
  t.throws(() => registries.land.change(key.communeCode, key.mapSheet, key.parcelNumber, nobody), RangeError);
});

test('statistics name the province', async (t) => {
  const { land: to, control: at } = await started(t);
  await land(to, '79', 'thuaDat?maXa=1&soHieuToBanDo=1&soThuTuThua=1');
  t.match((await control(at.land, 'GET', 'stats')).body, {
    operations: { thuaDat: 1 },
    last: { thuaDat: { ids: { province: '79' } } },
  });
});
