import { test } from 'tap';
import { business, control, land, parcelQuery, soap, started } from './clients.ts';

test('changes come back as their registry sends them, and are what it answers from then on', async (t) => {
  const { population, business: toBusiness, land: toLand, control: at } = await started(t);
  const changes = async (base: string) => {
    const { status, body } = await control(base, 'POST', 'changes', { count: 5 });
    t.equal(status, 200);
    t.equal(body.changes.length, 5);
    for (const { version, occurredAt, changedFields } of body.changes) {
      t.ok(Number.isInteger(version) && version >= 1);
      t.equal(new Date(occurredAt).toISOString(), occurredAt);
      t.ok(changedFields.length > 0);
    }
    return body.changes;
  };

  for (const { subject, record, changedFields } of await changes(at.population)) {
    t.strictSame(changedFields, ['ThuongTru', 'NoiOHienTai', 'ChuHo']);
    const { body } = await soap(population, 'TraCuuThongTinCongDan', { SoDinhDanh: subject });
    t.ok(body.includes(String(record)));
  }
  for (const { subject, version, record } of await changes(at.business)) {
    const { body } = await business(toBusiness, 'chiTietDoanhNghiep', { msdn: subject });
    t.equal(body.MainInformation.NUMBER_CHANGES, version);
    t.match(body, Object(record));
  }
  for (const { subject, version, record } of await changes(at.land)) {
    const [communeCode = '', mapSheet = '', parcelNumber = ''] = subject.split('/');
    const province = Object.keys(toLand.upstreams);
    const answers = await Promise.all(
      province.map((code) =>
        land(toLand, code, `thuaDat?${parcelQuery({ communeCode, mapSheet, parcelNumber })}`),
      ),
    );
    const { body } = answers.find(({ status }) => status === 200)!;
    t.equal(body.phienBan, version);
    t.strictSame(body, record);
  }
});

test('the same changes come after every start', async (t) => {
  const subjects = async () => {
    const { control: at } = await started(t);
    const all = Object.values(at).map((base) => control(base, 'POST', 'changes', { count: 20 }));
    return (await Promise.all(all)).flatMap(({ body }) =>
      body.changes.map(({ subject }: { subject: string }) => subject),
    );
  };
  t.strictSame(await subjects(), await subjects());
});

test('a count that is none is refused', async (t) => {
  const { control: at } = await started(t);
  for (const count of [0, -1, 1.5, '3', 1_000_000]) {
    t.equal((await control(at.land, 'POST', 'changes', { count })).status, 400);
  }
  t.equal((await control(at.land, 'POST', 'changes')).body.changes.length, 1, 'one if none is given');
});
