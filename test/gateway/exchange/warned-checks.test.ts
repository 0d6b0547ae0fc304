/** A record that disagrees with its own number: what the registry says is the truth, and that it disagrees is counted. */
import t from 'tap';
import type { Person } from '../../../deploy/sandbox/registries/population/person.ts';
import { allPersons } from '../../../deploy/sandbox/registries/population/registry.ts';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { leaks } from '../../support/leaks.ts';

const [disagreeing, agreeing] = samples().persons.present as [string, string];
const gateway = await startTestGateway(t);
const METRIC =
  'lienthong_check_warnings_total{service="population.person.lookup@1",check="x-personal-id-agrees"}';

/** As a clerk typed it, long ago. */
function misrecord(number: string, wrong: Partial<Person>): () => void {
  const person = allPersons().find((one) => one.number === number)!;
  const right = { ...person };
  Object.assign(person, wrong);
  return () => void Object.assign(person, right);
}

async function counted(metric = METRIC): Promise<number> {
  const line = (await gateway.operations('/metrics')).text.split('\n').find((one) => one.startsWith(metric));
  return Number(line?.slice(metric.length) ?? 0);
}

t.test('a look-up is answered, counted and logged', async (t) => {
  const person = allPersons().find(({ number }) => number === disagreeing)!;
  const other = person.sex === 1 ? 2 : 1;
  t.teardown(misrecord(disagreeing, { sex: other, born: '19010203' }));
  const before = await counted();
  const answer = await gateway.call('H26.motcua', 'population.person.lookup', { personalId: disagreeing });
  t.equal(answer.status, 200, answer.text);
  t.match(answer.body.data, { personalId: disagreeing });
  t.equal(await counted(), before + 1);
  t.ok(
    gateway.log.some((line) => line.includes('"warned":["x-personal-id-agrees"]')),
    'the line of the call says so',
  );
  t.equal(
    (await gateway.call('H26.motcua', 'population.person.lookup', { personalId: agreeing })).status,
    200,
  );
  t.equal(await counted(), before + 1, 'one that agrees is not counted');
  t.same(await leaks(gateway, [disagreeing]), []);
});

t.test('a record that breaks more than that is still not disclosed', async (t) => {
  t.teardown(misrecord(disagreeing, { born: '1901', formerNumber: 'x' }));
  const before = await counted();
  const answer = await gateway.call('H26.motcua', 'population.person.lookup', { personalId: disagreeing });
  refused(t, answer, 502, 'upstream_malformed');
  t.equal(await counted(), before);
});

t.test('somebody whose record disagrees can still be registered elsewhere', async (t) => {
  const person = allPersons().find(({ number }) => number === disagreeing)!;
  t.teardown(misrecord(disagreeing, { sex: person.sex === 1 ? 2 : 1 }));
  const answer = await gateway.call(
    'H26.motcua',
    'population.residence.register',
    {
      personalId: disagreeing,
      permanentResidence: { provinceCode: '01', communeCode: '00454', detail: 'Số 1 phố Thử Nghiệm' },
    },
    { 'idempotency-key': 'warned-1' },
  );
  t.equal(answer.status, 200, answer.text);
  const stored = await gateway.query('SELECT FROM change WHERE subject = $1', [disagreeing]);
  t.equal(stored.length, 1, 'and the change is published');
});

t.test('a batch with such a person is stored, and counted; what breaks more is refused', async (t) => {
  const person = (personalId: string, sex: string) => ({
    entity: 'person',
    subject: personalId,
    version: 1,
    operation: 'created',
    occurredAt: '2026-11-29T08:00:00+07:00',
    changedFields: [],
    data: { personalId, fullName: { familyName: 'Mẫu', givenName: 'Thử' }, sex },
  });
  const published =
    'lienthong_check_warnings_total{service="population.changes.publish@1",check="x-personal-id-agrees"}';
  const publish = (changes: object[]) => gateway.call('G01.dancu', 'population.changes.publish', { changes });
  const before = await counted(published);
  t.equal((await publish([person('001190000043', 'male')])).status, 201, 'a sex that was corrected');
  t.equal(await counted(published), before + 1);
  const changes = [person('001190000019', 'female'), person('001190000020', 'other')];
  refused(t, await publish(changes), 400, 'contract_violation');
  const part = await gateway.send('/v1/population/changes?partial=true', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await gateway.token('G01.dancu')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ changes }),
  });
  t.match(part.body, {
    accepted: 1,
    refused: 1,
    changes: [{ status: 201 }, { status: 400, code: 'contract_violation' }],
  });
  const entries = await gateway.evidence(part.headers['x-request-id']);
  t.ok(
    entries.every(({ subjects }) => subjects.length === 1 || subjects.length === 2),
    'about whom',
  );
});

t.test('a parcel of spouses who own the whole each is stored, and counted', async (t) => {
  const owner = (fullName: string, sharePercent: number) => ({ type: 'person', fullName, sharePercent });
  const parcel = (parcelNumber: string, owners: object[]) => ({
    entity: 'parcel',
    subject: `00004/77/${parcelNumber}`,
    version: 1,
    operation: 'created',
    occurredAt: '2026-11-29T08:00:00+07:00',
    changedFields: [],
    data: { provinceCode: '01', communeCode: '00004', mapSheet: '77', parcelNumber, owners },
  });
  const published = 'lienthong_check_warnings_total{service="land.changes.publish@1",check="x-shares-agree"}';
  const publish = (change: object) =>
    gateway.call('G13.datdai', 'land.changes.publish', { changes: [change] });
  const before = await counted(published);
  const spouses = parcel('1', [owner('Mẫu Một', 100), owner('Mẫu Hai', 100)]);
  t.equal((await publish(spouses)).status, 201);
  t.equal(await counted(published), before + 1);
  t.equal((await gateway.query('SELECT FROM change WHERE subject = $1', [spouses.subject])).length, 1);
  t.equal((await publish(parcel('2', [owner('Mẫu Ba', 100)]))).status, 201);
  t.equal(await counted(published), before + 1, 'shares that agree are not counted');
  refused(t, await publish(parcel('3', [owner('Mẫu Tư', 101)])), 400, 'contract_violation');
});
