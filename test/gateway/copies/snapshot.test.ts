/** Snapshots over HTTP, on a gateway as production starts it. */

import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { request } from 'undici';
import { deriveSecrets } from '../../../gateway/store/secrets.ts';
import { Copy, readSnapshot } from '../../support/copy.ts';
import { until } from '../../support/until.ts';
import { feedAfter, get, LOCAL, push, startCopies, TAX } from './support.ts';

const SNAPSHOT = '/v1/business/snapshot/enterprise';

t.setTimeout(120_000);

const { registry, gateway } = await startCopies(t, 450);
const secrets = deriveSecrets(gateway.masterKey);
const pseudonym = (agreement: string, code: string) => secrets.pseudonym(agreement, 'enterprise', code);
const taxSubject = (code: string) => pseudonym('TT-2026-G12-02', code);
const localSubject = (code: string) => pseudonym('TT-2026-H48-09', code);

t.test('every record once, as the agreement may see it, each piece with its evidence', async (t) => {
  const answer = await get(gateway, TAX, SNAPSHOT);
  t.equal(answer.status, 200);
  t.match(answer.headers, { 'content-type': /^application\/x-ndjson/, 'cache-control': 'no-store' });
  t.equal(answer.headers.signature, undefined);
  const { start, rows, end, stopped } = readSnapshot(answer.text);
  t.match(start, { registry: 'business', entity: 'enterprise', agreement: 'TT-2026-G12-02', rows: 0 });
  t.equal(start.kafka, undefined, 'there is no Kafka here');
  t.same([end, stopped], [{ rows: 450, unreadable: 0 }, undefined]);
  t.strictSame(
    rows.map(({ subject }) => subject),
    registry.codes.map(taxSubject),
  );
  const code = registry.codes[7]!;
  const row = rows.find(({ subject }) => subject === taxSubject(code))!;
  t.equal(row.version, registry.records.get(code)!.MainInformation.NUMBER_CHANGES);
  t.match(row.state, { enterpriseCode: code, name: /./, headOffice: {} });

  const evidence = await gateway.evidence(answer.headers['x-request-id']);
  t.same(
    evidence.map(({ kind, service, agreement, status }) => [kind, service, agreement, status]),
    Array.from({ length: 3 }, () => ['disclosure', 'business.snapshot.read', 'TT-2026-G12-02', 200]),
  );
});

t.test('only rows in scope, only fields granted, under a pseudonym of its own', async (t) => {
  const { text } = await get(gateway, LOCAL, SNAPSHOT);
  const { rows, end } = readSnapshot(text);
  t.strictSame(
    rows.map(({ subject }) => subject),
    registry.codesIn('01').map(localSubject),
  );
  t.ok(rows.length > 0 && rows.length < 450);
  t.equal(end?.rows, rows.length);
  for (const { state } of rows) t.strictSame(Object.keys(state as object), ['name']);
  for (const code of registry.codes) if (text.includes(code)) t.fail('no identifier is included');
});

t.test('a range: the rows whose subjects begin so', async (t) => {
  const all = readSnapshot((await get(gateway, TAX, SNAPSHOT)).text).rows;
  const { start, rows, end } = readSnapshot((await get(gateway, TAX, `${SNAPSHOT}?range=a,b-,Zz`)).text);
  const wanted = all.filter(({ subject }) => ['a', 'b-', 'Zz'].some((range) => subject.startsWith(range)));
  t.same([start.ranges, end?.rows], [['a', 'b-', 'Zz'], wanted.length]);
  t.same(rows, wanted);
  t.ok(rows.length > 0);
});

t.test('goes on where it was cut, and with the position that it began with', async (t) => {
  const whole = readSnapshot((await get(gateway, TAX, SNAPSHOT)).text);
  // Cut in the middle of the second piece.
  const { text } = await get(gateway, TAX, SNAPSHOT);
  const cut = readSnapshot(text.slice(0, text.indexOf(whole.rows[300]!.subject)));
  t.same([cut.before, cut.rows.length, cut.end], [200, 300, undefined]);
  await push(gateway, registry.amend(registry.codes[0]!, { name: 'CÔNG TY ĐỔI TÊN' }));
  const rest = readSnapshot((await get(gateway, TAX, `${SNAPSHOT}?after=${cut.next}`)).text);
  t.equal(rest.start.rows, 200);
  t.same([...cut.rows.slice(0, cut.before), ...rest.rows], whole.rows);
  t.same(rest.end, { rows: 450, unreadable: 0 }, 'counts from the beginning');
  const events = await feedAfter(gateway, TAX, rest.start.feed.after);
  t.ok(
    events.some(({ subject }) => subject === taxSubject(registry.codes[0]!)),
    'the changes made meanwhile come after it',
  );
});

t.test('a token of another snapshot, or made up, is refused', async (t) => {
  const { next } = readSnapshot((await get(gateway, TAX, SNAPSHOT)).text);
  for (const [system, query] of [
    [LOCAL, `after=${next}`],
    [TAX, `range=a&after=${next}`],
    [TAX, `after=${next!.slice(0, -4)}AAAA`],
    [TAX, `after=${next}A`],
    [TAX, 'after=AAAA'],
    [TAX, 'after='],
  ] as const) {
    const { status, body } = await get(gateway, system, `${SNAPSHOT}?${query}`);
    t.same([status, body.code], [400, 'cursor_invalid'], query.slice(0, 20));
  }
  const cursor = (await get(gateway, TAX, '/v1/changes/business?limit=1')).body.meta as { next: string };
  const { body } = await get(gateway, TAX, `${SNAPSHOT}?after=${cursor.next}`);
  t.equal(body.code, 'cursor_invalid');
});

t.test('a token is worth nothing when changes since its beginning are gone', async (t) => {
  const { next, start } = readSnapshot((await get(gateway, TAX, SNAPSHOT)).text);
  t.ok(start.feed.after);
  await gateway.query(`UPDATE stream SET pruned = last + 1 WHERE registry = 'business'`);
  const { status, body } = await get(gateway, TAX, `${SNAPSHOT}?after=${next}`);
  await gateway.query(`UPDATE stream SET pruned = 0 WHERE registry = 'business'`);
  t.same([status, body.code], [410, 'cursor_expired']);
});

t.test('changes while it is being sent: snapshot and feed make one state', async (t) => {
  for (const [system, subjectOf, province] of [
    [TAX, taxSubject, undefined],
    [LOCAL, localSubject, '01'],
  ] as const) {
    const inside = () => (province === undefined ? registry.codes : registry.codesIn(province));
    const changeSome = () => {
      const codes = inside();
      const outside = registry.codes.find((code) => registry.records.get(code)!.HOAdress.CityID !== '01')!;
      return push(
        gateway,
        registry.amend(codes[1]!, { name: 'SAU TRANG ĐẦU' }),
        registry.amend(codes.at(-1)!, { name: 'TRƯỚC TRANG CUỐI' }),
        registry.amend(codes[3]!, { province: '48' }),
        registry.amend(codes.at(-3)!, { province: '48' }),
        registry.amend(outside, { province: '01', name: 'CHUYỂN ĐẾN' }),
        registry.remove(codes[5]!),
        registry.remove(codes.at(-5)!),
      );
    };
    let pages = 0;
    registry.onPage = async () => {
      if (++pages === 2) await changeSome();
    };
    const { start, rows, end } = readSnapshot((await get(gateway, system, SNAPSHOT)).text);
    t.ok(end);
    t.equal(pages, 3);
    const copy = new Copy();
    for (const { subject, version, state } of rows) copy.apply(subject, version, state);
    for (const { subject, data } of await feedAfter(gateway, system, start.feed.after)) {
      copy.apply(subject, data.version, data.state);
    }
    t.strictSame(
      copy
        .rows()
        .map(({ subject }) => subject)
        .sort(),
      inside().map(subjectOf).sort(),
    );
    const nameOf = (code: string) => registry.records.get(code)!.MainInformation.NAME;
    for (const code of inside()) {
      t.match(copy.records.get(subjectOf(code)), { state: { name: nameOf(code) } });
    }
  }
  registry.onPage = async () => {};
});

t.test('a record that never changed before leaves the scope while its row is on the way', async (t) => {
  await gateway.query('DELETE FROM subject_head');
  const code = registry.codesIn('01')[7]!;
  registry.onSend = async () => {
    registry.onSend = async () => {};
    await push(gateway, registry.amend(code, { province: '79' }));
  };
  const { start, rows } = readSnapshot((await get(gateway, LOCAL, SNAPSHOT)).text);
  const delivered = (await feedAfter(gateway, LOCAL, start.feed.after)).filter(
    ({ subject }) => subject === localSubject(code),
  );
  t.ok(
    rows.every(({ subject }) => subject !== localSubject(code)) || delivered.some(({ data }) => !data.state),
    'not in the snapshot, or delivered as deleted',
  );
  t.same(delivered, [], 'no reader knew that it had been inside');
});

t.test('a record that never changed before leaves the scope after the snapshot, or enters it', async (t) => {
  const { start, rows } = readSnapshot((await get(gateway, LOCAL, SNAPSHOT)).text);
  const leaves = registry.codesIn('01')[3]!;
  const dissolves = registry.codesIn('01')[4]!;
  const enters = registry.codesIn('79')[3]!;
  t.ok(rows.some(({ subject }) => subject === localSubject(leaves)));
  const { rows: heads } = { rows: await gateway.query('SELECT subject, version FROM subject_head') };
  t.ok(heads.length >= 440, 'noted as listed');
  await push(
    gateway,
    registry.amend(leaves, { province: '79' }),
    registry.remove(dissolves),
    // Nothing granted changes but that it is inside now.
    registry.amend(enters, { province: '01' }),
  );
  const events = await feedAfter(gateway, LOCAL, start.feed.after);
  t.strictSame(
    events.map(({ subject, type }) => [subject, type.split('.').at(-2)]),
    [
      [localSubject(leaves), 'deleted'],
      [localSubject(dissolves), 'deleted'],
      [localSubject(enters), 'created'],
    ],
  );
});

t.test('an entity that a registry cannot list has no snapshot, and the refusal says so', async (t) => {
  for (const path of ['/v1/population/snapshot/person', '/v1/population/digest/person']) {
    const { status, body } = await get(gateway, LOCAL, path);
    t.same([status, body.code], [404, 'snapshot_not_offered'], path);
  }
});

t.test('refused before the first line', async (t) => {
  for (const [path, status, code] of [
    ['/v1/business/snapshot/shop', 404, 'route_not_found'],
    ['/v1/changes/snapshot/enterprise', 404, 'route_not_found'],
    [`${SNAPSHOT}?limit=3`, 400, 'contract_violation'],
    [`${SNAPSHOT}?range=a&range=b`, 400, 'contract_violation'],
    [`${SNAPSHOT}?range=`, 400, 'contract_violation'],
    [`${SNAPSHOT}?range=a,,b`, 400, 'contract_violation'],
    [`${SNAPSHOT}?range=${'a'.repeat(33)}`, 400, 'contract_violation'],
    [`${SNAPSHOT}?range=${Array.from({ length: 65 }, (_, i) => `a${i}`)}`, 400, 'contract_violation'],
  ] as const) {
    const answer = await get(gateway, TAX, path);
    t.same([answer.status, answer.body.code], [status, code], path.slice(0, 60));
  }
  const narrow = await get(gateway, TAX, SNAPSHOT, 'business.changes.read business.digest.read');
  t.same([narrow.status, narrow.body.code], [403, 'insufficient_scope']);
  t.equal((await get(gateway, TAX, SNAPSHOT, 'business.snapshot.read')).status, 200);
  const stranger = await get(gateway, 'G12.dkkd', SNAPSHOT);
  t.same([stranger.status, stranger.body.code], [403, 'no_agreement']);
});

t.test('records that break their schema are counted and left out', async (t) => {
  const [one, two] = [registry.codes[10]!, registry.codes[11]!];
  const [before, other] = [registry.records.get(one)!, registry.records.get(two)!];
  registry.records.set(one, { ...before, HOAdress: { ...before.HOAdress, CityID: 'Hà Nội' } });
  registry.records.set(two, {
    ...other,
    MainInformation: { ...other.MainInformation, ENTERPRISE_STATUS: '7' },
  });
  const { rows, end } = readSnapshot((await get(gateway, TAX, SNAPSHOT)).text);
  registry.records.set(one, before);
  registry.records.set(two, other);
  t.same(end, { rows: registry.codes.length - 2, unreadable: 2 });
  const delivered = new Set(rows.map(({ subject }) => subject));
  t.notOk(delivered.has(taxSubject(one)) || delivered.has(taxSubject(two)));
  const metrics = await gateway.operations('/metrics');
  t.match(metrics.text, /^lienthong_copy_unreadable_total\{registry="business",entity="enterprise"\} 2$/m);
});

/** A snapshot that is read as it comes. */
async function open(path: string, system = TAX) {
  const authorization = `Bearer ${await gateway.token(system)}`;
  const { body, statusCode } = await request(gateway.url + path, { headers: { authorization } });
  let text = '';
  const over = new Promise<void>((resolve) => body.once('close', resolve));
  return {
    statusCode,
    body,
    read: () =>
      body.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      }),
    text: () => text,
    over,
  };
}

t.test('a registry that fails in the middle: the stream says so, and goes on later', async (t) => {
  let pages = 0;
  const held = Promise.withResolvers<void>();
  registry.onPage = async () => {
    if (++pages === 2) {
      await held.promise;
      throw new Error('a server error');
    }
  };
  const stream = await open(SNAPSHOT);
  stream.read();
  await until(() => stream.text().includes('"next"'));
  held.resolve();
  await stream.over;
  const cut = readSnapshot(stream.text());
  t.same([cut.rows.length, cut.end, cut.stopped], [200, undefined, { reason: 'upstream_failed' }]);
  registry.onPage = async () => {};
  const rest = readSnapshot((await get(gateway, TAX, `${SNAPSHOT}?after=${cut.next}`)).text);
  t.equal(rest.end?.rows, registry.codes.length);
});

t.test('records too large for one answer come in smaller pages', async (t) => {
  const before = new Map(registry.records);
  for (const [code, record] of [...before].toSorted().slice(0, 120)) {
    const [member] = record.Member;
    if (member) registry.records.set(code, { ...record, Member: Array.from({ length: 500 }, () => member) });
  }
  let pages = 0;
  registry.onPage = async () => {
    pages++;
  };
  const { rows, end } = readSnapshot((await get(gateway, TAX, SNAPSHOT)).text);
  registry.onPage = async () => {};
  for (const [code, record] of before) registry.records.set(code, record);
  t.same([rows.length, end], [before.size, { rows: before.size, unreadable: 0 }]);
  t.ok(pages > 3);
});

t.test('it ends when the agreement is revoked, at once', async (t) => {
  const held = Promise.withResolvers<void>();
  let pages = 0;
  registry.onPage = async () => {
    if (++pages === 2) await held.promise;
  };
  const stream = await open(SNAPSHOT, LOCAL);
  stream.read();
  await until(() => stream.text().includes('"next"'));
  await gateway.query(
    `INSERT INTO revocation (kind, value, by, reason) VALUES ('agreement', 'TT-2026-H48-09', 'test', 'test')`,
  );
  await until(async () => (await get(gateway, LOCAL, SNAPSHOT)).body.code === 'agreement_revoked');
  held.resolve();
  await stream.over;
  registry.onPage = async () => {};
  const { rows, end, stopped } = readSnapshot(stream.text());
  t.same([end, stopped], [undefined, { reason: 'agreement_revoked' }]);
  t.ok(rows.length < registry.codesIn('01').length, 'nothing of the second page');
});

t.test('a reader that takes nothing: nothing more is listed', async (t) => {
  const large = await startCopies(t, 8000);
  let pages = 0;
  large.registry.onPage = async () => {
    pages++;
  };
  const authorization = `Bearer ${await large.gateway.token(TAX)}`;
  const { body } = await request(large.gateway.url + SNAPSHOT, { headers: { authorization } });
  let before = -1;
  await until(async () => {
    const still = pages === before;
    before = pages;
    if (!still || pages === 0) await wait(300);
    return still && pages > 0;
  });
  t.ok(pages < 35, `${pages} pages of 40`);
  const text = await body.text();
  t.equal(readSnapshot(text).end?.rows, 8000);
  t.equal(pages, 40);
  t.match(
    (await large.gateway.operations('/metrics')).text,
    /^lienthong_copy_rows_total\{registry="business",entity="enterprise"\} 8000$/m,
  );
});
