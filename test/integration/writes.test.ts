/** Services that write, from the caller to the registry and to the outbox: real registries, real PostgreSQL. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { COMMUNES } from '../../deploy/sandbox/registries/places.ts';
import { refused } from '../support/answer.ts';
import { startTestGateway } from '../support/gateway.ts';
import { leaks } from '../support/leaks.ts';
import {
  buyer,
  outbox,
  RESIDENCE,
  type Sale,
  sale,
  sell,
  stranger,
  subjectOf,
  TRANSFER,
  trail,
  versionOf,
  writes,
} from './support/writes.ts';

const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-SUB-01',
      consumer: 'G12.thue',
      purposes: ['ban-sao'],
      streams: [{ stream: 'population.changes.read', entity: 'person', revision: 0, fields: [''] }],
    },
    {
      agreement: 'TT-BIND-01',
      consumer: 'H29.thu',
      purposes: ['dich-vu-cong'],
      scope: { provinceCode: ['79'] },
      services: [{ service: `${TRANSFER}@1`, revision: 0, fields: ['/recordVersion'] }],
    },
  ],
});

t.test('a parcel is sold: the registry, the answer, the outbox, the evidence', async (t) => {
  const deal = sale(gateway);
  const answer = await sell(gateway, deal);
  t.match(answer, { status: 200, body: { meta: { agreement: 'TT-2026-H26-02' } } });
  const { provinceCode, communeCode, mapSheet, parcelNumber } = deal;
  t.match(answer.body.data, { provinceCode, communeCode, mapSheet, parcelNumber, recordVersion: 2 });
  t.strictSame(Object.keys((answer.body.data as { owners: object[] }).owners[0]!), [
    'type',
    'fullName',
    'sharePercent',
  ]);
  t.notMatch(answer.text, buyer, 'the agreement grants no number');
  t.equal(versionOf(gateway, deal), 2);

  const seen = await gateway.call('H26.motcua', 'land.parcel.lookup', {
    communeCode,
    mapSheet,
    parcelNumber,
  });
  t.match(seen.body.data, { recordVersion: 2 }, 'a look-up shows it');

  const [change, ...more] = await outbox(gateway, subjectOf(deal));
  t.same(more, []);
  t.match(change, {
    version: 2,
    operation: 'updated',
    changed_fields: ['/owners', '/certificates', '/recordVersion'],
    data: { recordVersion: 2, owners: [{ personalId: buyer, sharePercent: 100 }] },
  });
  const { steps, rows } = await trail(gateway, answer.headers['x-request-id']);
  t.same(steps, [
    ['intent', 202, null],
    ['write', 200, null],
    ['disclosure', 200, null],
  ]);
  t.equal(rows[1]!.transaction, change!.transaction, 'outcome and change are of one transaction');
  const evidence = await gateway.evidence(answer.headers['x-request-id']);
  t.ok(evidence[0]!.request_digest);
  t.ok(
    evidence.every(({ subjects, officer_id }) => subjects.length > 0 && officer_id === 'CB001'),
    'about whom, by whom',
  );
  const [write] = await writes(gateway);
  t.match(write, { state: 'applied', intent: null });
  t.equal(
    (await gateway.query('SELECT FROM evidence WHERE id = $1', [write!.id])).length,
    1,
    'known by one id',
  );
  t.notOk(write!.outcome!.includes(buyer), 'what is kept of it is sealed');
});

t.test('the same key again: the first outcome, minimised and recorded afresh', async (t) => {
  const deal = sale(gateway);
  const key = randomUUID();
  const first = await sell(gateway, deal, key);
  t.equal(first.status, 200);
  const again = await sell(gateway, { ...deal, communeCode: deal.communeCode }, `"${key}"`);
  t.equal(again.status, 200, 'as a string of Structured Fields it is the same key');
  t.strictSame(again.body.data, first.body.data);
  t.not(again.headers['x-request-id'], first.headers['x-request-id']);
  t.equal(versionOf(gateway, deal), 2, 'it was done once');
  t.equal((await outbox(gateway, subjectOf(deal))).length, 1);
  t.same((await trail(gateway, again.headers['x-request-id'])).steps, [['disclosure', 200, null]]);
  const reordered = Object.fromEntries(Object.entries(deal).toReversed());
  t.equal((await sell(gateway, reordered, key)).status, 200, 'the order of members says nothing');

  refused(t, await sell(gateway, { ...deal, recordVersion: 2 }, key), 422, 'idempotency_key_reused');
  const elsewhere = await gateway.call(
    'H26.motcua',
    RESIDENCE,
    { personalId: buyer, permanentResidence: { provinceCode: '01', communeCode: '00070', detail: 'Số 1' } },
    { 'idempotency-key': key },
  );
  t.equal(elsewhere.status, 200, 'a key is of one service');
});

t.test('the same key at once: done once, and the others hear that it is under way', async (t) => {
  const deal = sale(gateway);
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 8 }, () => sell(gateway, deal, key)));
  const good = answers.filter(({ status }) => status === 200);
  t.ok(good.length >= 1);
  for (const answer of answers) {
    if (answer.status === 200) t.strictSame(answer.body.data, good[0]!.body.data);
    else {
      refused(t, answer, 409, 'idempotency_key_in_use');
      t.match(answer.headers['retry-after'], /^\d+$/);
    }
  }
  t.equal(versionOf(gateway, deal), 2);
  t.equal((await outbox(gateway, subjectOf(deal))).length, 1);
});

t.test('rejected by the registry', async (t) => {
  const deal = sale(gateway);
  const key = randomUUID();
  const stale = await sell(gateway, { ...deal, recordVersion: 7 }, key, { 'accept-language': 'en' });
  refused(t, stale, 409, 'record_changed');
  t.match(stale.body.detail, /look it up again/);
  t.same((await trail(gateway, stale.headers['x-request-id'])).steps, [
    ['intent', 202, null],
    ['write', 409, 'record_changed'],
    ['refusal', 409, 'record_changed'],
  ]);
  refused(t, await sell(gateway, { ...deal, recordVersion: 7 }, key), 409, 'record_changed', 'again');

  const wrong: readonly [reason: string, change: Partial<Sale>][] = [
    ['shares_differ', { to: [{ personalId: buyer, sharePercent: 50 }] }],
    ['givers_invalid', { from: [{ personalId: buyer, sharePercent: 100 }] }],
    ['takers_invalid', { to: [{ personalId: stranger, sharePercent: 100 }] }],
  ];
  for (const [reason, change] of wrong) {
    const answer = await sell(gateway, { ...deal, ...change });
    refused(t, answer, 422, 'write_rejected', reason);
    t.equal(answer.body.reason, reason);
  }
  refused(t, await sell(gateway, { ...deal, mapSheet: '999' }), 404, 'not_found');
  t.equal(versionOf(gateway, deal), 1, 'nothing was changed');
  t.same(await outbox(gateway, subjectOf(deal)), []);
});

t.test('out of scope reads as not found, and the registry does not hear of it', async (t) => {
  const deal = sale(gateway);
  const before = (await writes(gateway)).length;
  const answer = await gateway.call('H29.thu', TRANSFER, deal, {
    'idempotency-key': randomUUID(),
    'x-purpose': 'dich-vu-cong',
  });
  refused(t, answer, 404, 'not_found');
  refused(
    t,
    await gateway.call(
      'H26.motcua',
      RESIDENCE,
      { personalId: buyer, permanentResidence: { provinceCode: '79', communeCode: '26740', detail: 'Số 1' } },
      { 'idempotency-key': randomUUID() },
    ),
    404,
    'not_found',
  );
  t.equal((await writes(gateway)).length, before);
  // The province that is named is not that of the commune: the scope is not got round so.
  const trick = await gateway.call(
    'H29.thu',
    TRANSFER,
    { ...deal, provinceCode: '79' },
    { 'idempotency-key': randomUUID(), 'x-purpose': 'dich-vu-cong' },
  );
  refused(t, trick, 404, 'not_found');
  t.equal(versionOf(gateway, deal), 1);
});

t.test('an address that says nothing is not registered', async (t) => {
  const before = (await writes(gateway)).length;
  for (const detail of ['', '  ', '\u200b', '\u3164']) {
    const permanentResidence = { provinceCode: '01', communeCode: '00070', detail };
    const answer = await gateway.call(
      'H26.motcua',
      RESIDENCE,
      { personalId: buyer, permanentResidence },
      { 'idempotency-key': randomUUID() },
    );
    refused(t, answer, 400, 'contract_violation');
    t.match(answer.body.errors, [{ pointer: '/permanentResidence/detail' }]);
  }
  t.equal((await writes(gateway)).length, before);
});

t.test('the violations of a request reveal nothing about a person outside the scope', async (t) => {
  const { population } = gateway.registries.registries;
  const personIn = (inside: boolean) => {
    for (let at = 100; ; at++) {
      const { number, commune } = population.at(at);
      if ((COMMUNES[commune]!.province.code === '01') === inside) return number;
    }
  };
  const register = (personalId: string, key: string = randomUUID()) =>
    gateway.call(
      'H26.motcua',
      RESIDENCE,
      { personalId, permanentResidence: { provinceCode: '01', communeCode: '99999', detail: 'Số 1' } },
      { 'idempotency-key': key },
    );
  const key = randomUUID();
  const absent = await register(stranger);
  const outside = await register(personIn(false), key);
  for (const answer of [absent, outside, await register(personIn(false), key)]) {
    refused(t, answer, 404, 'not_found');
    t.equal(answer.body.reason, undefined);
  }
  t.same((await trail(gateway, outside.headers['x-request-id'])).steps, [
    ['intent', 202, null],
    ['write', 422, 'write_rejected'],
    ['refusal', 404, 'not_found'],
  ]);
  const inside = await register(personIn(true));
  refused(t, inside, 422, 'write_rejected');
  t.equal(inside.body.reason, 'place_invalid');
});

t.test('Idempotency-Key is required, and one', async (t) => {
  const deal = sale(gateway);
  const missing = await gateway.call('H26.motcua', TRANSFER, deal);
  refused(t, missing, 400, 'header_missing');
  t.match(missing.body.errors, [{ header: 'idempotency-key' }]);
  const bad = [
    '',
    '""',
    '"a',
    'a b',
    'a, b',
    '"a", "b"',
    '"a";x=1',
    'é',
    `"${'x'.repeat(256)}"`,
    'x'.repeat(256),
    '5 '.repeat(3),
  ];
  for (const key of bad) {
    const answer = await sell(gateway, deal, Buffer.from(key).toString('latin1'));
    refused(t, answer, 400, 'header_invalid', JSON.stringify(key));
  }
  t.equal(versionOf(gateway, deal), 1);
  for (const key of ['8e03978e-40d5-43e8-bc93-6894a57f9324', '5', '"a \\"b\\" c"', 'x'.repeat(255)]) {
    t.equal((await sell(gateway, sale(gateway), key)).status, 200, key);
  }
});

t.test('a residence is registered over SOAP, and reaches a subscriber', async (t) => {
  const personalId = gateway.registries.registries.population.at(4321).number;
  const permanentResidence = { provinceCode: '01', communeCode: '00070', detail: 'Số 5 phố "Thử" & Nghiệm' };
  const key = randomUUID();
  const register = (input: object, under = randomUUID()) =>
    gateway.call('H26.motcua', RESIDENCE, input, { 'idempotency-key': under });
  const answer = await register({ personalId, permanentResidence }, key);
  t.match(answer, {
    status: 200,
    body: { data: { personalId, permanentResidence, headOfHousehold: { relationship: '01' } } },
  });
  t.notMatch(answer.text, 'religion":"', 'no more than is granted');
  t.strictSame((await register({ personalId, permanentResidence }, key)).body.data, answer.body.data);
  const seen = await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
  t.match(seen.body.data, { permanentResidence });

  const feed = await gateway.send('/v1/changes/population', {
    headers: { authorization: `Bearer ${await gateway.token('G12.thue')}`, 'x-purpose': 'ban-sao' },
  });
  const delivered = (feed.body.data as { data: { version: number; state: { personalId: string } } }[]).filter(
    ({ data }) => data.state.personalId === personalId,
  );
  t.match(delivered, [
    {
      type: 'vn.lienthong.population.person.updated.v1',
      data: {
        version: 2,
        changedFields: ['/permanentResidence', '/currentResidence', '/headOfHousehold'],
        state: { personalId, permanentResidence },
      },
    },
  ]);
  t.equal(delivered.length, 1);

  const again = await register({ personalId, permanentResidence });
  refused(t, again, 422, 'write_rejected');
  t.equal(again.body.reason, 'already_so');
  const nowhere = await register({
    personalId,
    permanentResidence: { ...permanentResidence, communeCode: '26740' },
  });
  refused(t, nowhere, 422, 'write_rejected');
  t.equal(nowhere.body.reason, 'place_invalid');
  refused(t, await register({ personalId: stranger, permanentResidence }), 404, 'not_found');
});

t.test('the provider pushes the same change: it is one change', async (t) => {
  const deal = sale(gateway);
  t.equal((await sell(gateway, deal)).status, 200);
  const [change] = await outbox(gateway, subjectOf(deal));
  const pushed = {
    entity: 'parcel',
    subject: subjectOf(deal),
    version: 2,
    operation: 'updated',
    occurredAt: '2026-11-20T08:00:00+07:00',
    changedFields: ['/owners'],
    data: change!.data,
  };
  const publish = (data: object) =>
    gateway.call('G13.datdai', 'land.changes.publish', { changes: [{ ...pushed, data }] });
  t.match(await publish(change!.data), { status: 201, body: { accepted: 0, duplicates: 1 } });
  refused(t, await publish({ ...change!.data, area: 1 }), 409, 'change_conflict');
});

t.test(
  'the provider was first, with another state: the outcome holds, and the conflict is counted',
  async (t) => {
    const deal = sale(gateway);
    const { communeCode, mapSheet, parcelNumber, provinceCode } = deal;
    const pushed = {
      entity: 'parcel',
      subject: subjectOf(deal),
      version: 2,
      operation: 'updated',
      occurredAt: '2026-11-20T08:00:00+07:00',
      changedFields: ['/area'],
      data: { provinceCode, communeCode, mapSheet, parcelNumber, area: 1 },
    };
    const first = await gateway.call('G13.datdai', 'land.changes.publish', { changes: [pushed] });
    t.equal(first.status, 201);
    t.equal((await sell(gateway, deal)).status, 200);
    t.match(await outbox(gateway, subjectOf(deal)), [{ version: 2, data: { area: 1 } }]);
    t.match(
      (await gateway.operations('/metrics')).text,
      /^lienthong_write_conflicts_total\{registry="land"\} 1$/m,
    );
  },
);

t.test('a key is kept for seven days', async (t) => {
  const deal = sale(gateway);
  const key = randomUUID();
  const first = await sell(gateway, deal, key);
  t.equal(first.status, 200);
  const age = (hours: number) =>
    gateway.query(
      `UPDATE write SET begun_at = clock_timestamp() - $1 * interval '1 hour'
       WHERE id = (SELECT id FROM write ORDER BY begun_at DESC LIMIT 1)`,
      [hours],
    );
  await age(7 * 24 - 1);
  t.equal((await sell(gateway, deal, key)).status, 200, 'almost seven days');
  await gateway.query(
    `UPDATE write SET begun_at = clock_timestamp() - interval '7 days 1 minute'
     WHERE begun_at < clock_timestamp() - interval '6 days'`,
  );
  refused(
    t,
    await sell(gateway, deal, key),
    409,
    'record_changed',
    'then it is a new request, of an old version',
  );
});

t.test('an old outcome is minimised by the present agreement', async (t) => {
  const deal = sale(gateway);
  const key = randomUUID();
  t.match((await sell(gateway, deal, key)).body.data, { owners: [{ fullName: /./ }] });
  const file = join(gateway.variables.CONTRACTS_DIR!, 'agreements/H26-motcua-registrations.yaml');
  const agreement = await readFile(file, 'utf8');
  await writeFile(file, agreement.replace(/^.*\/owners\/.*\n/gm, ''));
  t.match(await gateway.reload(), { outcome: 'swapped' });
  const narrowed = await sell(gateway, deal, key);
  t.match(narrowed, { status: 200, body: { data: { recordVersion: 2 } } });
  t.notOk('owners' in (narrowed.body.data as object));
  await writeFile(file, agreement.replace('provinceCode: ["01"]', 'provinceCode: ["48"]'));
  t.match(await gateway.reload(), { outcome: 'swapped' });
  refused(t, await sell(gateway, deal, key), 404, 'not_found', 'outside the scope of now');
  await writeFile(file, agreement);
  t.match(await gateway.reload(), { outcome: 'swapped' });
});

t.test('no personal number appears in a log, a metric or an address', async (t) => {
  t.same(await leaks(gateway, [buyer, stranger]), []);
});
