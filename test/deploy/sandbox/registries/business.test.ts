import { test } from 'tap';
import { allEnterprises } from '../../../../deploy/sandbox/registries/business/registry.ts';
import { dayInVietnam, slashDate } from '../../../../deploy/sandbox/registries/dates.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { business, businessToken, control, started } from './clients.ts';

const { enterprises } = samples();

test('an enterprise is found by its code', async (t) => {
  const { business: to } = await started(t);
  for (const msdn of enterprises.present) {
    const { status, body } = await business(to, 'chiTietDoanhNghiep', { msdn });
    t.equal(status, 200);
    t.match(body, { DataCount: 1, Status: '1', Message: '', MainInformation: { ENTERPRISE_GDT_CODE: msdn } });
    t.strictSame(Object.keys(body).slice(3), ['MainInformation', 'HOAdress', 'BusinessActivity', 'Member']);
  }
});

test('failures are HTTP 200 with Status 0', async (t) => {
  const { business: to } = await started(t);
  for (const msdn of [...enterprises.absent, 'x']) {
    const { status, body } = await business(to, 'chiTietDoanhNghiep', { msdn });
    t.equal(status, 200);
    t.strictSame(body, { DataCount: 0, Status: '0', Message: 'Không tìm thấy dữ liệu' });
  }
  t.match((await business(to, 'chiTietDoanhNghiep', {})).body, {
    Status: '0',
    Message: 'Tham số không hợp lệ',
  });
  t.match((await business(to, 'timKiemDoanhNghiep', { ten: 'không có tên này' })).body, {
    Status: '0',
    DataCount: 0,
  });
  t.match((await business(to, 'timKiemDoanhNghiep', { ten: 'a', limit: '0' })).body, {
    Message: 'Tham số không hợp lệ',
  });
  t.equal((await business(to, 'khongCo', {})).status, 404);
});

test('a search pages through what it found', async (t) => {
  const { business: to } = await started(t);
  const first = await business(to, 'timKiemDoanhNghiep', {
    ten: 'du lich',
    maTinh: '48',
    offset: '0',
    limit: '3',
  });
  const second = await business(to, 'timKiemDoanhNghiep', {
    ten: 'du lich',
    maTinh: '48',
    offset: '3',
    limit: '3',
  });
  t.equal(first.body.Data.length, 3);
  t.equal(first.body.DataCount, second.body.DataCount);
  t.notSame(first.body.Data[0], second.body.Data[0]);
  for (const { MainInformation, HOAdress } of first.body.Data) {
    t.match(MainInformation.NAME, 'DU LỊCH');
    t.equal(HOAdress.CityID, '48');
  }
});

test('a token needs the right credentials and the right grant', async (t) => {
  const { business: to } = await started(t);
  t.match(await businessToken(to), {
    status: 200,
    body: { token_type: 'Bearer', expires_in: 300, access_token: /^\S{20,}$/ },
  });
  t.match(await businessToken(to, 'wrong'), { status: 401, body: { error: 'invalid_client' } });
  const authorization = `Basic ${Buffer.from(`${to.consumerKey}:${to.consumerSecret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'password' });
  t.equal((await fetch(`${to.url}/token`, { method: 'POST', headers: { authorization }, body })).status, 400);
  t.equal((await fetch(`${to.url}/token`, { method: 'POST', headers: { authorization } })).status, 400);
});

test('an unknown or expired token is refused with 401', async (t) => {
  const { business: to } = await started(t, { tokenLifetimeSeconds: 0 });
  const path = `${to.url}/apiCSDLDKDN/chiTietDoanhNghiep?msdn=${enterprises.present[0]}`;
  t.equal((await fetch(path)).status, 401);
  t.equal((await fetch(path, { headers: { authorization: 'Bearer unknown' } })).status, 401);
  const { body } = await businessToken(to);
  const expired = await fetch(path, { headers: { authorization: `Bearer ${body.access_token}` } });
  t.equal(expired.status, 401);
  t.match(expired.headers.get('www-authenticate'), 'invalid_token');
});

test('an amendment shows in the record and in the polling lists of the day', async (t) => {
  const { business: to, registries } = await started(t);
  const code = enterprises.present[0]!;
  const before = (await business(to, 'chiTietDoanhNghiep', { msdn: code })).body.MainInformation;
  const { version, changedFields } = registries.business.change(code, { capital: 7_000_000_000 });
  t.equal(version, before.NUMBER_CHANGES + 1);
  t.strictSame(changedFields, ['MainInformation/CAPITAL_AMOUNT', 'Member']);
  const after = (await business(to, 'chiTietDoanhNghiep', { msdn: code })).body.MainInformation;
  t.match(after, { CAPITAL_AMOUNT: '7000000000', NUMBER_CHANGES: version });

  const today = slashDate(dayInVietnam(new Date()));
  t.equal(after.LAST_AMEND_DATE, today);
  const listed = await business(to, 'danhSachHoSo', {
    from_date: today,
    to_date: today,
    offset: '0',
    limit: '10',
  });
  t.match(listed.body, { DataCount: 1, Data: [{ ENTERPRISE_GDT_CODE: code, NUMBER_CHANGES: version }] });
  const inDay = await business(to, 'danhSachHoSoTrongNgay', { from_ts: '00:00', to_ts: '23:59' });
  t.strictSame(inDay.body.Data, listed.body.Data);
  const { IN_JOURNAL_NO } = listed.body.Data[0]!;
  t.strictSame(
    (await business(to, 'tinhTrangHoSo', { in_journal_no: IN_JOURNAL_NO })).body.Data,
    listed.body.Data,
  );
  t.throws(() => registries.business.change('0100000000', { capital: 1 }), RangeError);
});

test('the journal knows the past, in windows of at most five days', async (t) => {
  const { business: to } = await started(t);
  const day = allEnterprises().find(({ changes }) => changes > 0)!.amended;
  const window = (days: number) => ({
    from_date: slashDate(day),
    to_date: slashDate(day + days),
    limit: '1000',
  });
  const listed = (await business(to, 'danhSachHoSo', window(5))).body;
  t.equal(listed.Data.length, listed.DataCount);
  t.ok(listed.DataCount > 1);
  t.match((await business(to, 'danhSachHoSo', window(6))).body, { Status: '0', Message: /5 ngày/ });
  t.match((await business(to, 'danhSachHoSo', { from_date: '31/02/2026', to_date: '01/03/2026' })).body, {
    Status: '0',
  });
  t.match((await business(to, 'danhSachHoSoTrongNgay', { from_ts: '25:00', to_ts: '26:00' })).body, {
    Status: '0',
  });
  t.match((await business(to, 'tinhTrangHoSo', { in_journal_no: 'khong' })).body, {
    Status: '0',
    DataCount: 0,
  });
});

test('statistics count operations, the token apart', async (t) => {
  const { business: to, control: at } = await started(t);
  await business(to, 'chiTietDoanhNghiep', { msdn: enterprises.present[0]! });
  await business(to, 'chiTietDoanhNghiep', { msdn: enterprises.present[1]! });
  const { body } = await control(at.business, 'GET', 'stats');
  t.match(body, { requests: 4, operations: { token: 2, chiTietDoanhNghiep: 2 } });
});

test('a dossier that is entered late stands where its time belongs, and moves those behind it', async (t) => {
  const clock = { now: Date.parse('2026-11-25T10:00:00+07:00') };
  const { business: to, control: at } = await started(t, { now: () => clock.now });
  const made = (await control(at.business, 'POST', 'changes', { count: 3 })).body.changes;
  const [late] = (await control(at.business, 'POST', 'changes', { count: 1, minutesAgo: 10 })).body.changes;
  t.match(late, { occurredAt: '2026-11-25T02:50:00.000Z' });
  const page = async (offset: number) =>
    (
      await business(to, 'danhSachHoSoTrongNgay', {
        from_ts: '09:00',
        to_ts: '10:00',
        offset: String(offset),
        limit: '2',
      })
    ).body;
  const pages = [await page(0), await page(2)];
  t.same(
    pages.map(({ DataCount }) => DataCount),
    [4, 4],
  );
  t.same(
    pages.flatMap(({ Data }) => Data.map((entry) => [entry.ENTERPRISE_GDT_CODE, entry.RECEIPT_TIME])),
    [[late!.subject, '09:50'], ...made.map(({ subject }) => [subject, '10:00'])],
  );
  clock.now += 24 * 60 * 60_000;
  t.match((await page(0)).Status, '0', 'a day without entries');
  for (const wrong of [-1, 1.5, 'x', 30_000]) {
    t.equal((await control(at.business, 'POST', 'changes', { minutesAgo: wrong })).status, 400);
  }
});

test('DataCount is another, on demand', async (t) => {
  const { business: to, control: at, registries } = await started(t);
  registries.business.change(enterprises.present[0]!, { capital: 1 });
  const list = async () =>
    (await business(to, 'danhSachHoSoTrongNgay', { from_ts: '00:00', to_ts: '23:59' })).body;
  await control(at.business, 'PUT', 'faults', { recount: 2, count: 1, match: 'danhSach' });
  t.match(await list(), { DataCount: 3, Data: { length: 1 } });
  t.match(await list(), { DataCount: 1, Data: { length: 1 } });
});

test('a record that is withdrawn is not found, and its dossiers stay', async (t) => {
  const { business: to, registries } = await started(t);
  const code = enterprises.present[0]!;
  registries.business.change(code, { capital: 1 });
  registries.business.withdraw(code);
  t.match((await business(to, 'chiTietDoanhNghiep', { msdn: code })).body, { Status: '0', DataCount: 0 });
  const inDay = await business(to, 'danhSachHoSoTrongNgay', { from_ts: '00:00', to_ts: '23:59' });
  t.match(inDay.body, { DataCount: 1 });
  registries.business.withdraw(code, false);
  t.match((await business(to, 'chiTietDoanhNghiep', { msdn: code })).body, { Status: '1' });
  t.throws(() => registries.business.withdraw('0100000000'), RangeError);
});
