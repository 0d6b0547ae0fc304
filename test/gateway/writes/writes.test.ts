/** A registry that does not recognise a request that comes twice: it is asked, and never sent anything again. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import {
  type Adapter,
  type Applied,
  type CallContext,
  UpstreamError,
  unknown,
  type Write,
  type WriteOutcome,
} from '../../../adapters/adapter.ts';
import { loadCatalog } from '../../../gateway/catalog/live/load.ts';
import { ensureStreams } from '../../../gateway/changes/intake/append.ts';
import { undeclared } from '../../../gateway/circumstances/recorded-circumstances.ts';
import { openEvidence } from '../../../gateway/evidence/open.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import { createMetrics } from '../../../gateway/telemetry/metrics.ts';
import { sealValue, unsealValue } from '../../../gateway/writes/sealed-value.ts';
import { createWrites, type WriteRequest } from '../../../gateway/writes/writes.ts';
import { packageDirectories } from '../../support/contracts.ts';
import { freshDatabase } from '../../support/database.ts';
import { log, secrets, storeOf, until } from '../changes/support.ts';

const KEY = 'land.parcel.register-transfer@1';
const catalog = await loadCatalog(packageDirectories);
const service = catalog.services.get(KEY)!;
const [example] = service.examples;

/** A registry that loses answers: `sent` holds the requests that it received, `knows` is its answer about a request. */
function forgetfulRegistry() {
  const sent: string[] = [];
  const asked: string[] = [];
  const registry = {
    sent,
    asked,
    answer: (): WriteOutcome | Promise<WriteOutcome> => {
      throw new UpstreamError('timeout');
    },
    knows: undefined as WriteOutcome | undefined,
  };
  const adapter: Adapter = {
    registry: 'land',
    operations: {},
    writes: {
      [KEY]: {
        deduplicates: false,
        async perform(_request, call) {
          sent.push(call.requestId);
          return registry.answer();
        },
        async outcome(id, _request, call) {
          asked.push(id);
          if (call.requestId === id) throw new Error('the question has an id of its own');
          return registry.knows ?? unknown;
        },
      },
    },
    upstreams: () => [],
    probe: async () => {},
    close: async () => {},
  };
  return { registry, adapters: new Map([['land', adapter]]) };
}

const applied: Applied = {
  state: 'applied',
  data: example!.response,
  version: 5,
  operation: 'updated',
  changedFields: ['/owners'],
  occurredAt: '2026-11-24T09:15:00.000Z',
};

function wanted(idempotencyKey: string = randomUUID()): WriteRequest {
  return {
    service,
    idempotencyKey,
    request: example!.request,
    asker: {
      requestId: randomUUID(),
      agency: 'H26',
      system: 'H26.motcua',
      keyThumbprint: undefined,
      tokenId: undefined,
      agreement: 'TT-2026-H26-02',
      ...{ ...undeclared, purpose: 'dich-vu-cong' },
      legalBasis: [],
      service: service.key,
      subjects: ['001190000019'],
    },
    received: { request: '{}' },
  };
}

async function setUp(test: Pick<Test, 'teardown'>) {
  const pool = await storeOf(test, await freshDatabase(test));
  await ensureStreams(pool, ['land']);
  const metrics = createMetrics();
  const evidence = openEvidence({ pool, secrets, metrics, log });
  test.teardown(() => evidence.close());
  const { registry, adapters } = forgetfulRegistry();
  const open = (others: ReadonlyMap<string, Adapter> = adapters) =>
    createWrites({ pool, evidence, secrets, catalog: () => catalog, adapters: others, metrics, log });
  return { pool, registry, adapters, open };
}

const code = (error: unknown) => (error instanceof Problem ? error.code : error);
const codeOf = (outcome: Promise<WriteOutcome>) => outcome.then((value) => value.state, code);

t.test('a write with an unknown outcome is asked after again, and never sent again', async (t) => {
  const { pool, registry, open } = await setUp(t);
  const writes = open();
  const want = wanted();
  t.equal(await codeOf(writes.perform(want)), 'outcome_pending');
  writes.start();
  await until(() => registry.asked.length >= 2);
  t.equal(registry.sent.length, 1);
  t.same(new Set(registry.asked), new Set(registry.sent), 'by the id that it was sent with');
  t.equal(await codeOf(writes.perform(want)), 'outcome_pending', 'and its caller gets this code');
  registry.knows = applied;
  await until(async () => (await codeOf(writes.perform(want))) === 'applied');
  t.equal(registry.sent.length, 1);
  t.equal((await pool.query('SELECT FROM change')).rowCount, 1);
  await writes.close();
});

t.test('an answer that breaks the contract settles nothing', async (t) => {
  const { pool, registry, open } = await setUp(t);
  const broken = { ...applied, data: { ...(applied.data as object), area: 'rộng' } };
  registry.answer = () => broken;
  registry.knows = broken;
  const writes = open();
  const want = wanted();
  t.equal(await codeOf(writes.perform(want)), 'outcome_pending');
  writes.start();
  await until(() => registry.asked.length >= 2);
  t.equal((await pool.query(`SELECT FROM write WHERE state = 'pending'`)).rowCount, 1);
  registry.knows = { state: 'rejected', reason: 'version_stale' };
  await until(async () => (await codeOf(writes.perform(want))) === 'rejected');
  t.equal((await pool.query('SELECT FROM change')).rowCount, 0);
  await writes.close();
});

t.test('a record is within only when the registry says so', async (t) => {
  const within = { provinceCode: ['01'] };
  const { open, adapters } = await setUp(t);
  const land = adapters.get('land')!;
  const isWithinBy = async (isWithin?: Write['isWithin']) => {
    const write = { ...land.writes![KEY]!, ...(isWithin && { isWithin }) };
    const writes = open(new Map([['land', { ...land, writes: { [KEY]: write } }]]));
    return writes.isWithin(wanted(), within);
  };
  t.equal(await isWithinBy(), false, 'it cannot');
  const calls: CallContext[] = [];
  const saying = (isWithin: boolean) => async (_request: never, call: CallContext) => {
    calls.push(call);
    return isWithin;
  };
  t.same([await isWithinBy(saying(true)), await isWithinBy(saying(false))], [true, false]);
  t.match(calls, [{ within, system: 'H26.motcua' }, { within }]);
  t.not(calls[0]!.requestId, calls[1]!.requestId, 'each a question of its own');
  const failing = async () => {
    throw new UpstreamError('failed');
  };
  t.equal(await isWithinBy(failing), false, 'it does not answer');
  const broken = async () => {
    throw new Error('a defect');
  };
  await t.rejects(isWithinBy(broken), { message: 'a defect' });
});

t.test('an answer that comes after another replica has settled the write', async (t) => {
  const { pool, registry, open } = await setUp(t);
  const [first, second] = [open(), open()];
  const { promise: answer, resolve } = Promise.withResolvers<WriteOutcome>();
  registry.answer = () => answer;
  const want = wanted();
  const late = first.perform(want);
  await until(() => registry.sent.length === 1);
  registry.knows = applied;
  await pool.query('UPDATE write SET lease_until = clock_timestamp()');
  second.start();
  await until(async () => (await pool.query(`SELECT FROM write WHERE state = 'applied'`)).rowCount === 1);
  resolve(applied);
  t.match(await late, { state: 'applied', version: 5 }, 'gives what was settled');
  t.equal((await pool.query('SELECT FROM change')).rowCount, 1);
  t.equal((await pool.query(`SELECT FROM evidence WHERE kind = 'write'`)).rowCount, 1);
  await second.close();
});

t.test('a sealed value opens under its own key, for its own write and use only', async (t) => {
  const key = secrets.derive('writes');
  const sealed = sealValue(key, 'one', 'intent', { personalId: '001190000019' });
  t.notOk(sealed.includes('001190000019'));
  t.same(unsealValue(key, 'one', 'intent', sealed), { personalId: '001190000019' });
  t.throws(() => unsealValue(key, 'two', 'intent', sealed), /cannot be unsealed/);
  t.throws(() => unsealValue(key, 'one', 'outcome', sealed));
  t.throws(() => unsealValue(secrets.derive('another'), 'one', 'intent', sealed));
  sealed[40]! ^= 1;
  t.throws(() => unsealValue(key, 'one', 'intent', sealed));
});
