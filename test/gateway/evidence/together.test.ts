/**
 * What changes the state of something and must leave evidence does both, or neither: whatever keeps the evidence from
 * being written, asking again makes the change and exactly one entry.
 */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { openReplays } from '../../../gateway/changes/relay/replay.ts';
import { openSubscriptions } from '../../../gateway/changes/sinks/webhooks/subscriptions.ts';
import { undeclared } from '../../../gateway/circumstances/recorded-circumstances.ts';
import type { EvidenceLog } from '../../../gateway/evidence/evidence.ts';
import { openRevocations } from '../../../gateway/identity/revocations.ts';
import { openPool, type Pool } from '../../../gateway/store/pool.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { openWriteStore } from '../../../gateway/writes/store.ts';
import { freshDatabase } from '../../support/database.ts';
import { entry, migratedPool, opened, secrets } from './support.ts';

/** Makes evidence impossible to write; returns how it is possible again. */
type Fault = (pool: Pool) => Promise<() => Promise<unknown>>;

const faults: Readonly<Record<string, Fault>> = {
  'a trigger refuses the entry': async (pool) => {
    await pool.query(`
      CREATE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
      CREATE TRIGGER refuse_all BEFORE INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_all()`);
    return () => pool.query('DROP TRIGGER refuse_all ON evidence; DROP FUNCTION refuse_all()');
  },
  'the table is locked': async (pool) => {
    const client = await pool.connect();
    await client.query('BEGIN; LOCK TABLE evidence IN ACCESS EXCLUSIVE MODE');
    return async () => {
      await client.query('COMMIT');
      client.release();
    };
  },
};

interface Action {
  /** Does it; with the same outcome when it was done before. */
  readonly act: () => Promise<unknown>;
  /** Has it been done? */
  readonly isDone: () => Promise<boolean>;
  /** Entries that exist before. */
  readonly before?: number;
}

type Prepare = (parts: {
  readonly t: Test;
  readonly pool: Pool;
  readonly url: string;
  readonly evidence: EvidenceLog;
}) => Promise<Action>;

const decision = { by: 'Phòng An toàn', reason: 'lộ khóa' };
const log = createLog('silent');

async function revocationsOf({ t, pool, url, evidence }: Parameters<Prepare>[0]) {
  const revocations = await openRevocations({ databaseUrl: url, pool, log });
  t.teardown(() => revocations.close());
  return {
    revocations,
    record: (client: Parameters<EvidenceLog['appendIn']>[0]) => evidence.appendIn(client, [entry()]),
  };
}

async function subscriptionOf({ pool, evidence }: Parameters<Prepare>[0]) {
  await pool.query("INSERT INTO stream (registry) VALUES ('business')");
  const subscriptions = openSubscriptions(pool, evidence, Date.now);
  const id = randomUUID();
  const make = () =>
    subscriptions.create(
      {
        ...{ id, system: 'G12.thue', agency: 'G12', agreement: 'TT-1', registry: 'business' },
        ...{ entities: null, url: 'https://example.gov.vn/', granted: {}, from: 'now' },
      },
      10,
      entry(),
    );
  return { subscriptions, id, make };
}

const actions: Readonly<Record<string, Prepare>> = {
  'a revocation': async (parts) => {
    const { revocations, record } = await revocationsOf(parts);
    return {
      act: () => revocations.revoke({ kind: 'system', value: 'G12.thue' }, decision, record),
      isDone: async () => (await revocations.list({ all: false })).length === 1,
    };
  },
  'the lifting of one': async (parts) => {
    const { revocations, record } = await revocationsOf(parts);
    const { revocation } = await revocations.revoke({ kind: 'system', value: 'G12.thue' }, decision);
    return {
      act: () => revocations.lift(revocation.id, decision, record),
      isDone: async () => (await revocations.list({ all: false })).length === 0,
    };
  },
  'a subscription': async (parts) => {
    const { subscriptions, id, make } = await subscriptionOf(parts);
    return { act: make, isDone: async () => (await subscriptions.find(id, 'G12.thue')) !== undefined };
  },
  'the end of one': async (parts) => {
    const { subscriptions, id, make } = await subscriptionOf(parts);
    await make();
    return {
      act: () => subscriptions.change(id, { state: 'ended', reason: 'deleted' }, entry()),
      isDone: async () => (await subscriptions.find(id, 'G12.thue'))?.state === 'ended',
      before: 1,
    };
  },
  'a replay': async ({ pool, evidence }) => {
    const replays = openReplays(pool, evidence);
    const planned = [{ sink: 'kafka', subscriber: 'TT-1', back: { position: 1, sequence: 1 } }];
    return {
      act: () => replays.request(planned, decision, [entry()]),
      isDone: async () => (await replays.pending('kafka')).length === 1,
    };
  },
  'the intent of a write': async ({ pool, evidence }) => {
    const store = openWriteStore(pool, evidence, secrets);
    const key = { key: Buffer.alloc(32, 1), request: Buffer.alloc(32, 2) };
    const intent = {
      id: randomUUID(),
      request: {},
      asker: {
        ...{ requestId: randomUUID(), agency: 'H26', system: 'H26.motcua', keyThumbprint: 'x', tokenId: 'y' },
        ...{ agreement: 'TT-1', legalBasis: [], ...undeclared, purpose: 'x' },
        ...{ service: 'land.parcel.register-transfer@1', subjects: [] },
      },
    };
    return {
      act: () => store.begin(key, intent, entry(), 5000),
      isDone: async () => (await store.find(key)) !== undefined,
    };
  },
};

for (const [what, prepare] of Object.entries(actions)) {
  for (const [why, fault] of Object.entries(faults)) {
    t.test(`${what}: ${why}`, async (t) => {
      const url = await freshDatabase(t);
      const pool = await migratedPool(t, url);
      const other = openPool({ url, name: 'other', max: 2, onIdleError: () => {} });
      t.teardown(() => other.end());
      const { evidence } = opened(t, pool);
      const { act, isDone, before = 0 } = await prepare({ t, pool, url, evidence });
      const entries = async () => (await pool.query('SELECT FROM evidence')).rowCount;

      const mend = await fault(other);
      await t.rejects(act(), 'without evidence it does not happen');
      t.notOk(await isDone(), 'and it has not');
      await mend();
      t.equal(await entries(), before);

      await act();
      t.ok(await isDone(), 'asked again, it happens');
      t.equal(await entries(), before + 1, 'and is recorded, once');
    });
  }
}
