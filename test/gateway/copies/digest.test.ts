/** Digests over HTTP, on gateways as production starts them, against a copy's own computation. */
import { createHash } from 'node:crypto';
import t from 'tap';
import type { Answer } from '../../support/answer.ts';
import { Copy, digestOf, type ReadSnapshot, readSnapshot } from '../../support/copy.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { feedAfter, get, LOCAL, push, startCopies, TAX } from './support.ts';

const SNAPSHOT = '/v1/business/snapshot/enterprise';
const DIGEST = '/v1/business/digest/enterprise';

t.setTimeout(120_000);

const { registry, gateway } = await startCopies(t, 600);

interface Range {
  readonly range: string;
  readonly count: number;
  readonly hash: string;
  readonly ranges?: readonly Range[];
  readonly rows?: readonly { readonly subject: string; readonly version: number; readonly hash: string }[];
}

interface Digest {
  readonly data: readonly Range[];
  readonly meta: {
    readonly at: string;
    readonly rows: number;
    readonly unreadable: number;
    readonly computedAt: string;
    readonly expiresAt: string;
    readonly feed: { readonly after: string };
  };
}

function readDigest({ status, text }: Answer): Digest {
  if (status !== 200) throw new Error(`${status} ${text}`);
  return JSON.parse(text);
}

async function digest(system: string, query = '', from: TestGateway = gateway): Promise<Digest> {
  return readDigest(await get(from, system, DIGEST + query));
}

async function snapshot(system: string): Promise<ReadSnapshot> {
  return readSnapshot((await get(gateway, system, SNAPSHOT)).text);
}

/** A copy as it is after everything that there is. */
async function copyOf(system: string): Promise<Copy> {
  const { start, rows } = await snapshot(system);
  const copy = new Copy();
  for (const { subject, version, state } of rows) copy.apply(subject, version, state);
  for (const { subject, data } of await feedAfter(gateway, system, start.feed.after)) {
    copy.apply(subject, data.version, data.state);
  }
  return copy;
}

t.test('the same as a right copy has, for each agreement', async (t) => {
  for (const system of [TAX, LOCAL]) {
    const copy = await copyOf(system);
    const { data, meta } = await digest(system);
    const [whole] = data;
    t.match(whole, { range: '', count: copy.rows().length, hash: digestOf(copy.rows()) });
    t.match(meta, { rows: copy.rows().length, unreadable: 0 });
  }
});

t.test('its ranges are its hash, down to the rows; its evidence names the fields', async (t) => {
  const copy = await copyOf(TAX);
  const byCopy = new Map(copy.rows().map((row) => [row.subject, row]));
  const answer = await get(gateway, TAX, DIGEST);
  const { data, meta } = readDigest(answer);
  const [evidence, ...more] = await gateway.evidence(answer.headers['x-request-id']);
  t.match(evidence, { kind: 'disclosure', service: 'business.digest.read', status: 200, subjects: [] });
  t.ok(evidence!.disclosed!.length > 10);
  t.same(more, []);

  const sum = (tag: number, ...parts: readonly (string | Buffer)[]) => {
    const hash = createHash('sha256').update(Buffer.of(tag));
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  };
  const seen: string[] = [];
  const walk = async ({ range, count, hash, ranges, rows }: Range): Promise<void> => {
    if (rows) {
      t.ok(count === rows.length && count <= 64);
      t.equal(sum(1, ...rows.map((row) => Buffer.from(row.hash, 'hex'))), hash, range);
      seen.push(...rows.map(({ subject }) => subject));
      t.ok(rows.every(({ subject, version }) => version === byCopy.get(subject)?.version));
      t.ok(rows.every(({ subject }) => subject.startsWith(range)));
      return;
    }
    t.ok(count > 64);
    const parts = ranges!.flatMap((part) => [part.range.slice(range.length), Buffer.from(part.hash, 'hex')]);
    t.equal(sum(2, ...parts), hash, `branch ${range}`);
    t.equal(
      ranges!.reduce((all, part) => all + part.count, 0),
      count,
    );
    for (let from = 0; from < ranges!.length; from += 40) {
      const asked = ranges!.slice(from, from + 40);
      const below = await digest(TAX, `?at=${meta.at}&range=${asked.map((part) => part.range)}`);
      t.same(
        below.data.map((part) => [part.range, part.count, part.hash]),
        asked.map((part) => [part.range, part.count, part.hash]),
      );
      for (const part of below.data) await walk(part);
    }
  };
  await walk(data[0]!);
  t.strictSame(seen, [...byCopy.keys()].sort(), 'every row, in order');
  const [empty] = (await digest(TAX, `?at=${meta.at}&range=${seen[0]!.slice(0, 20)}----`)).data;
  t.match(empty, { count: 0, rows: [], hash: sum(1) });
});

t.test('a wrong row shows in its ranges only', async (t) => {
  const rows = [...(await copyOf(TAX)).rows()];
  const { data } = await digest(TAX);
  const wrong = rows.map((row, index) =>
    index === 17 ? { ...row, state: { ...(row.state as object), name: 'x' } } : row,
  );
  t.not(digestOf(wrong), data[0]!.hash);
  const versions = rows.map((row) => ({ ...row, version: row.version + 1 }));
  t.equal(digestOf(versions), data[0]!.hash, 'versions are included, and not hashed');
});

t.test('changes that come while it is computed are in it, up to its position', async (t) => {
  for (const [system, province] of [
    [TAX, undefined],
    [LOCAL, '01'],
  ] as const) {
    const inside = province === undefined ? registry.codes : registry.codesIn(province);
    const outside = registry.codes.find((code) => registry.records.get(code)!.HOAdress.CityID !== '01')!;
    let pages = 0;
    const { start } = await snapshot(TAX);
    registry.onPage = async () => {
      if (++pages !== 3) return;
      await push(gateway, registry.amend(inside[2]!, { name: 'ĐÃ LIỆT KÊ' }));
      // A page of the outbox that somebody has read is shared: it ends here.
      await feedAfter(gateway, TAX, start.feed.after);
      await push(
        gateway,
        registry.amend(inside.at(-2)!, { name: 'SẮP LIỆT KÊ' }),
        registry.amend(inside[6]!, { province: '48' }),
        registry.amend(inside.at(-6)!, { province: '48' }),
        registry.amend(outside, { province: '01' }),
        registry.remove(inside[4]!),
        registry.remove(inside.at(-4)!),
      );
    };
    const { data, meta } = await digest(system);
    registry.onPage = async () => {};
    t.ok(pages >= 3);
    t.same(await feedAfter(gateway, system, meta.feed.after), [], 'they are before its position');
    const rows = (await copyOf(system)).rows();
    t.match(data[0], { count: rows.length, hash: digestOf(rows) });
  }
});

t.test('any replica answers for a digest that another made; the same digest does not change', async (t) => {
  const replica = await startTestGateway(t, { setting: gateway });
  const { data, meta } = await digest(TAX);
  await push(gateway, registry.amend(registry.codes[0]!, { name: 'SAU MÃ KIỂM' }));
  const same = await digest(TAX, `?at=${meta.at}`, replica);
  t.same(same.data, data);
  t.equal(same.meta.at, meta.at);
  t.ok(Date.parse(meta.expiresAt) > Date.now() + 60_000);
  const next = await digest(TAX, '', replica);
  t.not(next.meta.at, meta.at);
  t.not(next.data[0]!.hash, data[0]!.hash);
  t.equal(digestOf((await copyOf(TAX)).rows()), next.data[0]!.hash);
});

t.test(
  'one is computed at a time for an agreement, by whichever replica; whoever asks meanwhile gets the same',
  async (t) => {
    const replica = await startTestGateway(t, { setting: gateway });
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    registry.onPage = async () => {
      asked.resolve();
      await held.promise;
    };
    const first = get(gateway, TAX, DIGEST);
    await asked.promise;
    registry.busiest = 0;
    const second = get(gateway, TAX, DIGEST);
    const elsewhere = await get(replica, TAX, DIGEST);
    t.equal(elsewhere.status, 202);
    const { data, meta } = JSON.parse(elsewhere.text);
    t.same(data, []);
    t.match(elsewhere.headers, {
      location: `${gateway.publicUrl}${DIGEST}?at=${meta.at}`,
      'retry-after': '1',
    });
    t.equal((await get(replica, TAX, `${DIGEST}?at=${meta.at}`)).status, 202);
    held.resolve();
    registry.onPage = async () => {};
    const [one, two] = [readDigest(await first), readDigest(await second)];
    t.same([one.meta.at, two.meta.at], [meta.at, meta.at]);
    t.equal((await digest(TAX, `?at=${meta.at}`, replica)).data[0]!.hash, one.data[0]!.hash);
  },
);

t.test('the digest of a maker that died is given up, and another begun', async (t) => {
  const [{ id }] = (await gateway.query<{ id: string }>(
    `INSERT INTO digest (id, agreement, registry, entity, grant_digest, state, expires_at)
     SELECT gen_random_uuid(), agreement, registry, entity, grant_digest, 'computing', now() - interval '1 second'
     FROM digest WHERE agreement = 'TT-2026-G12-02' LIMIT 1 RETURNING id`,
  )) as [{ id: string }];
  t.equal((await get(gateway, TAX, `${DIGEST}?at=${id}`)).status, 410);
  t.not((await digest(TAX)).meta.at, id);
});

t.test('gone: 410', async (t) => {
  const { meta } = await digest(TAX);
  const refusal = async (system: string, at: string) => {
    const { status, body } = await get(gateway, system, `${DIGEST}?at=${at}`);
    return [status, body.code];
  };
  t.same(await refusal(TAX, '01980000-0000-7000-8000-000000000000'), [410, 'digest_expired']);
  t.same(await refusal(LOCAL, meta.at), [410, 'digest_expired'], 'of another agreement');
  await gateway.query(`UPDATE digest SET expires_at = now() - interval '1 second' WHERE id = $1`, [meta.at]);
  t.same(await refusal(TAX, meta.at), [410, 'digest_expired']);
  for (let more = 0; more < 9; more++) await digest(TAX);
  const kept = await gateway.query(
    `SELECT id FROM digest WHERE agreement = 'TT-2026-G12-02' AND state = 'ready'`,
  );
  t.equal(kept.length, 8, 'few are kept');
});

t.test('nothing that can be read lies in the store', async (t) => {
  await digest(TAX);
  const [part] = await gateway.query<{ rows: Buffer; prefix: string }>(
    'SELECT rows, prefix FROM digest_part LIMIT 1',
  );
  t.ok(part!.rows.length > 64);
  const [row] = (await copyOf(TAX)).rows().filter(({ subject }) => subject.startsWith(part!.prefix));
  t.notOk(part!.rows.includes(Buffer.from(row!.subject, 'base64url')));
});

t.test('a registry that fails: so does the digest, and the next one does not', async (t) => {
  registry.onPage = async () => {
    throw new Error('a server error');
  };
  const { status, body } = await get(gateway, TAX, DIGEST);
  registry.onPage = async () => {};
  t.same([status, body.code], [502, 'upstream_failed']);
  t.ok((await digest(TAX)).data[0]);
});

t.test('refused', async (t) => {
  for (const [query, code] of [
    ['?at=x', 'contract_violation'],
    ['?after=x', 'contract_violation'],
    ['?range=%20', 'contract_violation'],
  ] as const) {
    t.match((await get(gateway, TAX, DIGEST + query)).body, { code });
  }
  const narrow = await get(gateway, TAX, DIGEST, 'business.snapshot.read');
  t.same([narrow.status, narrow.body.code], [403, 'insufficient_scope']);
});

t.test('a system has so many at a time, and all together; a registry is asked in turns', async (t) => {
  const small = await startCopies(t, 600, { COPIES_MAX: '3', COPIES_PER_SYSTEM: '2', COPIES_LISTINGS: '1' });
  const held = Promise.withResolvers<void>();
  small.registry.onPage = () => held.promise;
  const running = [get(small.gateway, TAX, SNAPSHOT), get(small.gateway, TAX, DIGEST)];
  const metric = async () => (await small.gateway.operations('/metrics')).text;
  while (!/copies_open\{kind="digest"\} 1/.test(await metric())) await new Promise(setImmediate);
  while (!/copies_open\{kind="snapshot"\} 1/.test(await metric())) await new Promise(setImmediate);
  const third = await get(small.gateway, TAX, SNAPSHOT);
  t.same([third.status, third.body.code], [429, 'too_many_copies']);
  t.ok(third.headers['retry-after']);
  running.push(get(small.gateway, LOCAL, SNAPSHOT));
  while (!/copies_open\{kind="snapshot"\} 2/.test(await metric())) await new Promise(setImmediate);
  const fourth = await get(small.gateway, LOCAL, DIGEST);
  t.same([fourth.status, fourth.body.code], [503, 'copies_busy']);
  held.resolve();
  for (const { status } of await Promise.all(running)) t.equal(status, 200);
  t.equal(small.registry.busiest, 1);
  t.match(await metric(), /copies_open\{kind="snapshot"\} 0/);
  t.equal((await get(small.gateway, LOCAL, DIGEST)).status, 200);
});
