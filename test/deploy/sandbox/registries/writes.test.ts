/** Requests that change something, spoken raw: each is applied once, remembered, and survives the process. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'tap';
import { LandRegistry, ownerIdentifier } from '../../../../deploy/sandbox/registries/land/registry.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { startRegistries } from '../../../../deploy/sandbox/registries/start.ts';
import {
  control,
  envelope,
  land,
  type PopulationConnection,
  parcelQuery,
  populationHeaders,
  started,
} from './clients.ts';

const key = { communeCode: '00004', mapSheet: '3', parcelNumber: '7' };
const before = new LandRegistry().find(key.communeCode, key.mapSheet, key.parcelNumber)!;
const [buyer] = samples().persons.present;
const sellers = before.owners.map((owner) => ({
  [owner.kind === 'person' ? 'soDinhDanh' : 'maSoDoanhNghiep']: ownerIdentifier(owner),
  tyLe: owner.share,
}));

const transfer = (more: object = {}) => ({
  maYeuCau: randomUUID(),
  maXa: key.communeCode,
  soHieuToBanDo: key.mapSheet,
  soThuTuThua: key.parcelNumber,
  phienBan: 1,
  benChuyen: sellers,
  benNhan: [{ soDinhDanh: buyer, tyLe: 100 }],
  ...more,
});

test('a transfer is applied once for each maYeuCau, and remembered over a restart', async (t) => {
  const journal = join(t.testdir(), 'registries.ndjson');
  const first = await startRegistries({ journal });
  const wanted = transfer();
  const receipt = await land(first.land, '01', 'thuaDat/chuyenQuyen', wanted);
  t.match(receipt, {
    status: 200,
    body: {
      maYeuCau: wanted.maYeuCau,
      trangThai: 'DA_GHI_NHAN',
      truongThayDoi: ['chuSuDung', 'DC_GiayChungNhan'],
      thuaDat: { phienBan: 2, chuSuDung: [{ soDinhDanh: buyer, tyLe: 100 }] },
    },
  });
  t.strictSame(await land(first.land, '01', 'thuaDat/chuyenQuyen', wanted), receipt, 'again');
  t.match((await land(first.land, '01', `thuaDat?${parcelQuery(key)}`)).body, { phienBan: 2 });
  await first.close();

  const second = await startRegistries({ journal });
  t.teardown(() => second.close());
  t.strictSame(await land(second.land, '01', `yeuCau?maYeuCau=${wanted.maYeuCau}`), receipt);
  t.strictSame(await land(second.land, '01', 'thuaDat/chuyenQuyen', wanted), receipt, 'and again');
  t.match((await land(second.land, '01', `thuaDat?${parcelQuery(key)}`)).body, { phienBan: 2 });
  t.match(await land(second.land, '01', `yeuCau?maYeuCau=${randomUUID()}`), {
    status: 404,
    body: { maLoi: 'YEU_CAU_NOT_FOUND' },
  });
});

test('shares', async (t) => {
  const { land: to } = await started(t);
  const [seller] = sellers;
  const half = Number(seller!.tyLe) / 2;
  const wanted = transfer({
    benChuyen: [{ ...seller, tyLe: half }],
    benNhan: [{ soDinhDanh: buyer, tyLe: half }],
  });
  const { body } = await land(to, '01', 'thuaDat/chuyenQuyen', wanted);
  t.match((body as unknown as { thuaDat: object }).thuaDat, {
    chuSuDung: [
      ...sellers.map((owner, index) => ({ ...owner, tyLe: index === 0 ? half : owner.tyLe })),
      { tyLe: half },
    ],
  });
});

test('refusals of transfers change nothing, and are remembered', async (t) => {
  const { land: to } = await started(t);
  const { absent } = samples().persons;
  const refusals: readonly [object, number, string][] = [
    [{ phienBan: 9 }, 409, 'PHIEN_BAN_KHONG_KHOP'],
    [{ soThuTuThua: '999' }, 404, 'THUA_DAT_NOT_FOUND'],
    [{ benChuyen: [{ soDinhDanh: buyer, tyLe: 100 }] }, 422, 'BEN_CHUYEN_KHONG_HOP_LE'],
    [{ benNhan: [{ soDinhDanh: absent[0], tyLe: 100 }] }, 422, 'BEN_NHAN_KHONG_HOP_LE'],
    [{ benNhan: [{ soDinhDanh: buyer, tyLe: 99.99 }] }, 422, 'TY_LE_KHONG_HOP_LE'],
    [{ benNhan: [] }, 400, 'THAM_SO_KHONG_HOP_LE'],
    [{ benNhan: [{ tyLe: 100 }] }, 400, 'THAM_SO_KHONG_HOP_LE'],
    [{ maYeuCau: undefined }, 400, 'THAM_SO_KHONG_HOP_LE'],
  ];
  for (const [wrong, status, maLoi] of refusals) {
    const wanted = transfer(wrong);
    t.match(await land(to, '01', 'thuaDat/chuyenQuyen', wanted), { status, body: { maLoi } });
    if (status === 400) continue;
    t.match(await land(to, '01', `yeuCau?maYeuCau=${wanted.maYeuCau}`), {
      status: 200,
      body: { trangThai: 'TU_CHOI', maLoi },
    });
  }
  t.match(await land(to, '79', 'thuaDat/chuyenQuyen', transfer()), { status: 404 }, 'another province');
  t.match((await land(to, '01', `thuaDat?${parcelQuery(key)}`)).body, { phienBan: 1 });
});

test('a fault before does nothing; a fault after has done it', async (t) => {
  const { land: to, control: at } = await started(t);
  const version = async () => (await land(to, '01', `thuaDat?${parcelQuery(key)}`)).body.phienBan;
  const match = 'chuyenQuyen';
  for (const fault of [{ drop: true }, { status: 500 }, { refuse: true }]) {
    await control(at.land, 'PUT', 'faults', { ...fault, before: true, count: 1, match });
    await land(to, '01', 'thuaDat/chuyenQuyen', transfer()).catch(() => {});
    t.equal(await version(), 1, `${JSON.stringify(fault)} before`);
  }
  await control(at.land, 'PUT', 'faults', { drop: true, count: 1, match });
  await t.rejects(land(to, '01', 'thuaDat/chuyenQuyen', transfer()));
  t.equal(await version(), 2);
});

async function register(to: PopulationConnection, operation: string, fields: Record<string, string>) {
  const response = await fetch(to.url, {
    method: 'POST',
    headers: populationHeaders(to, operation),
    body: envelope(operation, fields),
  });
  return { status: response.status, body: await response.text() };
}

test('a residence is registered once for each MaYeuCau, and remembered over a restart', async (t) => {
  const journal = join(t.testdir(), 'registries.ndjson');
  const first = await startRegistries({ journal });
  const id = randomUUID();
  const place =
    '<q:MaTinhThanh>01</q:MaTinhThanh><q:MaPhuongXa>00070</q:MaPhuongXa><q:ChiTiet>Số 9</q:ChiTiet>';
  const wanted = { MaYeuCau: id, MaTichHop: '041', SoDinhDanh: buyer!, ThuongTru: place };
  const receipt = await register(first.population, 'DangKyThuongTru', wanted);
  t.equal(receipt.status, 200);
  t.match(receipt.body, /<TrangThai>DA_GHI_NHAN<[\s\S]*<PhienBan>2<[\s\S]*<MaPhuongXa>00070</);
  t.strictSame(await register(first.population, 'DangKyThuongTru', wanted), receipt, 'again');
  const same = { ...wanted, MaYeuCau: randomUUID() };
  t.match((await register(first.population, 'DangKyThuongTru', same)).body, '<MaLyDo>DA_THUONG_TRU_TAI_DAY<');
  const bare = { ...wanted, MaYeuCau: randomUUID(), ThuongTru: 'Hà Nội' };
  t.match(await register(first.population, 'DangKyThuongTru', bare), { status: 500, body: '<MaLoi>001<' });
  await first.close();

  const second = await startRegistries({ journal });
  t.teardown(() => second.close());
  const question = { MaYeuCau: randomUUID(), MaTichHop: '049' };
  const known = await register(second.population, 'TraCuuKetQuaYeuCau', { ...question, MaYeuCauGoc: id });
  t.match(known.body, /<TrangThai>DA_GHI_NHAN<[\s\S]*<PhienBan>2</);
  const unseen = await register(second.population, 'TraCuuKetQuaYeuCau', {
    ...question,
    MaYeuCauGoc: randomUUID(),
  });
  t.match(unseen.body, '<TrangThai>KHONG_CO<');
});
