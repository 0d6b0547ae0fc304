import t from 'tap';
import type { Catalog } from '../../../../gateway/catalog/catalog.ts';
import type { PushedChange } from '../../../../gateway/changes/change.ts';
import type { Changes } from '../../../../gateway/changes/changes.ts';
import { prune } from '../../../../gateway/changes/outbox/prune.ts';
import type { Transport } from '../../../../gateway/changes/relay/sink.ts';
import type { ChangeEvent } from '../../../../gateway/changes/render/event.ts';
import type { EvidenceLog } from '../../../../gateway/evidence/evidence.ts';
import type { Pool } from '../../../../gateway/store/pool.ts';
import { createMetrics, type Metrics } from '../../../../gateway/telemetry/metrics.ts';
import { freshDatabase } from '../../../support/database.ts';
import {
  agreementOf,
  catalogOf,
  changeOf,
  codeOf,
  createFlow,
  gatedPool,
  grantOf,
  healthOf,
  publication,
  type Revoking,
  recordingEvidence,
  recordingSink,
  revocationsOf,
  secrets,
  sinksOver,
  startFlow,
  storeOf,
  stream,
  until,
} from '../support.ts';

type Tap = Parameters<typeof freshDatabase>[0];

interface Parts {
  catalog: Catalog;
  sink: Transport;
  evidence?: EvidenceLog;
  revocations?: Revoking;
  /** Instead of the store's own. */
  pool?: Pool;
}

/** A database, and replicas of the event flow on it. */
async function open(t: Tap) {
  const url = await freshDatabase(t);
  const pool = await storeOf(t, url);
  return {
    pool,
    async replica(parts: Parts): Promise<Changes & { parts: Parts; metrics: Metrics }> {
      const { sink, evidence, revocations } = parts;
      const metrics = createMetrics();
      const changes = await createFlow({
        ...{ pool: parts.pool ?? pool, databaseUrl: url, catalog: () => parts.catalog, metrics },
        ...(evidence && { evidence }),
        ...(revocations && { revocations }),
        openSinks: sinksOver(sink),
      });
      return { ...changes, parts, metrics };
    },
  };
}

const topicOf = (agreement: string, generation = 1) =>
  `lienthong.business.enterprise.${agreement}.g${generation}`;
const publish = (changes: Changes, ...batch: PushedChange[]) =>
  changes.publish(stream, { changes: batch }, publication);
const sequences = (events: readonly ChangeEvent[] = []) => events.map((event) => Number(event.sequence));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

t.test('changes go out in order, numbered without a gap, each after its evidence', async (t) => {
  const { pool, replica } = await open(t);
  const sink = recordingSink();
  const evidence = recordingEvidence();
  let recordedBefore = true;
  const watched: Transport = {
    ...sink,
    async send(topic, events, fence) {
      const recorded = evidence.entries.flatMap((entry) => String(entry.response).split('\n'));
      recordedBefore &&= events.every((event) => recorded.includes(event.data));
      return sink.send(topic, events, fence);
    },
  };
  const changes = await replica({ catalog: catalogOf(grantOf('TT-1')), sink: watched, evidence });
  for (let version = 1; version <= 3; version++) {
    await publish(changes, ...range(1, 400).map((n) => changeOf(n, version)));
  }
  changes.start();
  t.teardown(() => changes.close());
  const topic = topicOf('TT-1');
  await until(() => sink.sent.get(topic)?.length === 1200);
  await publish(changes, changeOf(1, 4));
  await until(() => sink.sent.get(topic)?.length === 1201);

  const sent = sink.sent.get(topic)!;
  t.same(sequences(sent), range(1, 1201));
  t.equal(new Set(sent.map((event) => event.id)).size, 1201);
  t.ok(recordedBefore, 'evidence first');
  t.ok(evidence.entries.every((entry) => String(entry.response).split('\n').length <= 500));
  t.match(evidence.entries[0], {
    kind: 'delivery',
    agreement: 'TT-1',
    service: 'business.changes.read',
    status: 200,
  });
  await until(async () => {
    const { rows } = await pool.query('SELECT position, sequence FROM relay_cursor');
    return rows[0]?.position === 1201 && rows[0]?.sequence === 1201;
  });
  await until(() => healthOf(changes).backlogs[0]?.depth === 0);
  t.match(healthOf(changes), { kafka: 'up', leads: true, backlogs: [{ registry: 'business' }] });
});

t.test('each agreement has its own topic, fields, rows, numbers and pseudonyms', async (t) => {
  const { replica } = await open(t);
  const sink = recordingSink();
  const all = grantOf('TT-ALL');
  const hanoi = grantOf('TT-HN', { provinces: ['01'] });
  const offices = grantOf('TT-OFF', { fields: ['/headOffice/provinceCode'] });
  const changes = await replica({ catalog: catalogOf(all, hanoi, offices), sink });
  await publish(
    changes,
    changeOf(1, 1),
    changeOf(2, 1, { province: '48' }),
    changeOf(1, 2),
    changeOf(1, 3, { province: '48' }),
    changeOf(2, 2, { province: '01' }),
    changeOf(2, 3, { operation: 'deleted' }),
  );
  changes.start();
  t.teardown(() => changes.close());
  const delivered = (agreement: string) =>
    (sink.sent.get(topicOf(agreement)) ?? []).map(
      (event) => `${event.type.split('.').at(-2)} ${event.entityversion}`,
    );
  await until(
    () =>
      delivered('TT-ALL').length === 6 && delivered('TT-HN').length === 5 && delivered('TT-OFF').length === 5,
  );
  t.same(delivered('TT-ALL'), ['created 1', 'created 1', 'updated 2', 'updated 3', 'updated 2', 'deleted 3']);
  t.same(delivered('TT-HN'), ['created 1', 'updated 2', 'deleted 3', 'created 2', 'deleted 3']);
  t.same(
    delivered('TT-OFF'),
    ['created 1', 'created 1', 'updated 3', 'updated 2', 'deleted 3'],
    'a new name is not for it',
  );
  for (const agreement of ['TT-ALL', 'TT-HN', 'TT-OFF']) {
    const events = sink.sent.get(topicOf(agreement))!;
    t.same(sequences(events), range(1, events.length));
  }
  const subjects = [...sink.sent.values()].map((events) => events[0]!.subject);
  t.equal(new Set(subjects).size, 3, 'one subject, three pseudonyms');
  for (const event of sink.sent.get(topicOf('TT-OFF'))!) t.notMatch(JSON.stringify(event), /Công ty|31000/);
  for (const { data: _, ...attributes } of sink.sent.get(topicOf('TT-ALL'))!) {
    t.notMatch(JSON.stringify(attributes), codeOf(1));
  }
});

t.test('a leader cut off in the middle of a send is followed, and repeats are recognisable', async (t) => {
  const { pool, replica } = await open(t);
  const catalog = catalogOf(grantOf('TT-1'));
  const topic = topicOf('TT-1');
  const gate = gatedPool(pool);
  const [sinkA, sinkB] = [recordingSink(), recordingSink()];
  const a = await replica({ catalog, sink: sinkA, pool: gate.pool });
  t.teardown(() => {
    gate.thaw();
    return a.close();
  });
  const b = await replica({ catalog, sink: sinkB });
  await publish(b, ...range(1, 10).map((n) => changeOf(n, 1)));
  a.start();
  await until(async () => {
    const { rows } = await pool.query('SELECT sequence FROM relay_cursor');
    return rows[0]?.sequence === 10;
  });
  let release = () => {};
  sinkA.hold = new Promise((resolve) => {
    release = resolve;
  });
  await publish(b, ...range(1, 10).map((n) => changeOf(n, 2)));
  await until(() => sinkA.sent.get(topic)?.length === 20);
  gate.freeze(); // A has sent, and neither knows it nor can say so.
  b.start();
  t.teardown(() => b.close());
  await publish(b, ...range(1, 10).map((n) => changeOf(n, 3)));
  await until(() => sinkB.sent.get(topic)?.length === 20);
  release();
  const [fromA, fromB] = [sinkA.sent.get(topic)!, sinkB.sent.get(topic)!];
  t.same(sequences(fromA), range(1, 20), 'A sends nothing more');
  t.same(sequences(fromB), range(11, 30));
  t.same(fromB.slice(0, 10), fromA.slice(10), 'the same events with the same numbers');
});

t.test('a crash between the acknowledgement and the cursor repeats, and loses nothing', async (t) => {
  const { pool, replica } = await open(t);
  const catalog = catalogOf(grantOf('TT-1'));
  const topic = topicOf('TT-1');
  const gate = gatedPool(pool);
  const [sinkA, sinkB] = [recordingSink(), recordingSink()];
  const acknowledging: Transport = {
    ...sinkA,
    async send(topic, events, fence) {
      const refused = await sinkA.send(topic, events, fence);
      gate.freeze();
      return refused;
    },
  };
  const a = await replica({ catalog, sink: acknowledging, pool: gate.pool });
  t.teardown(() => {
    gate.thaw();
    return a.close();
  });
  const b = await replica({ catalog, sink: sinkB });
  await publish(b, ...range(1, 700).map((n) => changeOf(n, 1)));
  a.start();
  await until(() => (sinkA.sent.get(topic)?.length ?? 0) >= 500);
  b.start();
  t.teardown(() => b.close());
  await until(() => sinkB.sent.get(topic)?.length === 700);
  t.same(sequences(sinkB.sent.get(topic)), range(1, 700));
  const fromA = sinkA.sent.get(topic)!;
  t.same(sinkB.sent.get(topic)!.slice(0, fromA.length), fromA);
});

t.test('other fields or rows begin a new generation, where the old one ended', async (t) => {
  const { replica } = await open(t);
  const sink = recordingSink();
  const changes = await replica({ catalog: catalogOf(grantOf('TT-1')), sink });
  changes.start();
  t.teardown(() => changes.close());
  await publish(changes, changeOf(1, 1), changeOf(1, 2));
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 2);
  changes.parts.catalog = catalogOf(grantOf('TT-1', { fields: ['/name'] }));
  await until(() => sink.sent.has(topicOf('TT-1', 2)));
  await publish(changes, changeOf(1, 3));
  await until(() => sink.sent.get(topicOf('TT-1', 2))?.length === 1);
  t.same(sequences(sink.sent.get(topicOf('TT-1', 2))), [3]);
  t.match(JSON.parse(sink.sent.get(topicOf('TT-1', 2))![0]!.data), { state: { name: 'Công ty 1 v3' } });
  t.equal(sink.sent.get(topicOf('TT-1'))!.length, 2);

  changes.parts.catalog = catalogOf(grantOf('TT-1', { fields: ['/name'] }));
  await publish(changes, changeOf(1, 4));
  await until(() => sink.sent.get(topicOf('TT-1', 2))?.length === 2);
  t.notOk(sink.sent.has(topicOf('TT-1', 3)), 'the same grant compiled again is the same generation');
});

t.test(
  'an agreement that is not in the catalogue, has ended or has not begun receives nothing',
  async (t) => {
    const { replica } = await open(t);
    const sink = recordingSink();
    const hour = 3_600_000;
    const ended = grantOf('TT-ENDED', {
      agreement: agreementOf('TT-ENDED', { validUntil: Date.now() - hour }),
    });
    const later = grantOf('TT-LATER', {
      agreement: agreementOf('TT-LATER', { validFrom: Date.now() + hour }),
    });
    const soon = grantOf('TT-SOON', { agreement: agreementOf('TT-SOON', { validFrom: Date.now() + 1500 }) });
    const changes = await replica({
      catalog: catalogOf(grantOf('TT-1'), grantOf('TT-2'), ended, later, soon),
      sink,
    });
    changes.start();
    t.teardown(() => changes.close());
    await publish(changes, changeOf(1, 1));
    await until(() => ['TT-1', 'TT-2', 'TT-SOON'].every((one) => sink.sent.get(topicOf(one))?.length === 1));
    changes.parts.catalog = catalogOf(grantOf('TT-2'), ended, later, grantOf('TT-NEW'));
    await until(() => sink.sent.has(topicOf('TT-NEW')));
    await publish(changes, changeOf(1, 2));
    await until(() => sink.sent.get(topicOf('TT-2'))?.length === 2);
    t.equal(sink.sent.get(topicOf('TT-1'))!.length, 1);
    t.notOk(sink.sent.has(topicOf('TT-ENDED')) || sink.sent.has(topicOf('TT-LATER')));
  },
);

t.test('a new agreement begins at the oldest change kept', async (t) => {
  const { pool, replica } = await open(t);
  const sink = recordingSink();
  const changes = await replica({ catalog: catalogOf(), sink });
  await publish(changes, changeOf(1, 1), changeOf(2, 1));
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await prune(pool, 'business', 7);
  await publish(changes, changeOf(1, 2), changeOf(2, 2));
  changes.start();
  t.teardown(() => changes.close());
  changes.parts.catalog = catalogOf(grantOf('TT-1'));
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 2);
  t.same(
    sink.sent.get(topicOf('TT-1'))!.map((event) => [Number(event.sequence), event.entityversion]),
    [
      [1, '2'],
      [2, '2'],
    ],
  );
});

t.test('changes that were pruned before a stream had them show as a gap', async (t) => {
  const { pool, replica } = await open(t);
  const catalog = catalogOf(grantOf('TT-1'));
  const first = await replica({ catalog, sink: recordingSink() });
  first.start();
  await publish(first, changeOf(1, 1));
  await until(async () => (await pool.query('SELECT FROM relay_cursor WHERE sequence = 1')).rowCount === 1);
  await first.close();
  await publish(first, changeOf(1, 2), changeOf(1, 3));
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await prune(pool, 'business', 7);
  const sink = recordingSink();
  const second = await replica({ catalog, sink });
  second.start();
  t.teardown(() => second.close());
  await publish(second, changeOf(1, 4));
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 1);
  t.same(sequences(sink.sent.get(topicOf('TT-1'))), [4]);
});

t.test('no evidence, no data; when it can be recorded again the stream goes on', async (t) => {
  const { replica } = await open(t);
  const sink = recordingSink();
  const recording = recordingEvidence();
  let broken = true;
  let refused = 0;
  const evidence: EvidenceLog = {
    ...recording,
    async append(entry) {
      if (broken) {
        refused += 1;
        throw new Error('the log is full');
      }
      await recording.append(entry);
    },
  };
  const changes = await replica({ catalog: catalogOf(grantOf('TT-1')), sink, evidence });
  changes.start();
  t.teardown(() => changes.close());
  await publish(changes, changeOf(1, 1));
  await until(() => refused > 2);
  t.same(sink.sent.get(topicOf('TT-1')), []);
  broken = false;
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 1);
});

t.test('one topic in trouble holds up no other', async (t) => {
  const { replica } = await open(t);
  const sink = recordingSink();
  let refused = 0;
  let broken = true;
  const partly: Transport = {
    ...sink,
    async send(topic, events, fence) {
      if (broken && topic === topicOf('TT-1')) {
        refused += 1;
        throw new Error('not authorised');
      }
      return sink.send(topic, events, fence);
    },
  };
  const changes = await replica({ catalog: catalogOf(grantOf('TT-1'), grantOf('TT-2')), sink: partly });
  changes.start();
  t.teardown(() => changes.close());
  for (let version = 1; version <= 5; version++) {
    await publish(changes, changeOf(1, version));
    await until(() => sink.sent.get(topicOf('TT-2'))?.length === version);
  }
  await until(() => refused > 1);
  await until(() => healthOf(changes).backlogs[0]?.depth === 5);
  t.ok(healthOf(changes).backlogs[0]!.oldestSeconds > 0);
  broken = false;
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 5);
  t.same(sequences(sink.sent.get(topicOf('TT-1'))), range(1, 5));
});

t.test('an event that is refused for good becomes a dead letter, and the stream continues', async (t) => {
  const { pool, replica } = await open(t);
  const sink = recordingSink();
  sink.refuse = ({ entityversion }) => (entityversion === '2' ? 'too_large' : undefined);
  const changes = await replica({ catalog: catalogOf(grantOf('TT-1')), sink });
  changes.start();
  t.teardown(() => changes.close());
  await publish(changes, changeOf(1, 1), changeOf(1, 2), changeOf(2, 1), changeOf(2, 2), changeOf(2, 3));
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 3);
  t.same(sequences(sink.sent.get(topicOf('TT-1'))), [1, 3, 5]);
  await until(async () => (await pool.query('SELECT FROM relay_cursor WHERE sequence = 5')).rowCount === 1);
  const { rows } = await pool.query('SELECT * FROM dead_letter ORDER BY sequence');
  t.match(rows, [
    {
      ...{ sink: 'recording', destination: topicOf('TT-1'), agreement: 'TT-1', registry: 'business' },
      ...{
        entity: 'enterprise',
        position: 2,
        sequence: 2,
        version: 2,
        reason: 'too_large',
        replayed_at: null,
      },
      event_id: `${secrets.pseudonym('TT-1', 'enterprise', codeOf(1))}.2`,
    },
    { position: 4, sequence: 4 },
  ]);
  t.notMatch(JSON.stringify(rows), codeOf(1));
  t.match(
    await changes.metrics.register.metrics(),
    /lienthong_dead_letters_total\{sink="recording",reason="too_large"\} 2/,
  );
});

t.test(
  'a revoked agreement receives nothing more immediately, and continues when the revocation is lifted',
  async (t) => {
    const { pool, replica } = await open(t);
    const sink = recordingSink();
    const revocations = revocationsOf();
    const others = grantOf('TT-3', { agreement: agreementOf('TT-3', { consumer: 'H26.motcua' }) });
    const catalog = catalogOf(grantOf('TT-1'), grantOf('TT-2'), others);
    const changes = await replica({ catalog, sink, revocations });
    changes.start();
    t.teardown(() => changes.close());
    const count = (agreement: string) => sink.sent.get(topicOf(agreement))?.length ?? 0;
    /** A cursor is stored after its event was sent. */
    const storedAt = async (position: number) =>
      (await pool.query('SELECT FROM relay_cursor WHERE position = $1', [position])).rowCount;
    await publish(changes, changeOf(1, 1));
    await until(() => count('TT-1') === 1 && count('TT-2') === 1);
    revocations.revoke({ kind: 'agreement', value: 'TT-1' });
    await publish(changes, changeOf(1, 2));
    await until(() => count('TT-2') === 2);
    t.equal(count('TT-1'), 1);
    // An agreement that is revoked is not behind.
    await until(async () => (await storedAt(2)) === 2);
    await until(() => healthOf(changes).backlogs[0]?.depth === 0);
    revocations.revoke({ kind: 'system', value: 'G12.thue' });
    revocations.lift({ kind: 'agreement', value: 'TT-1' });
    await publish(changes, changeOf(1, 3));
    await until(async () => (await storedAt(3)) === 1);
    await until(() => healthOf(changes).backlogs[0]?.depth === 0);
    t.equal(count('TT-3'), 3);
    t.same([count('TT-1'), count('TT-2')], [1, 2], 'nor is a revoked system');
    revocations.lift({ kind: 'system', value: 'G12.thue' });
    await until(() => count('TT-1') === 3 && count('TT-2') === 3);
    t.same(sequences(sink.sent.get(topicOf('TT-1'))), [1, 2, 3]);
  },
);

t.test('revoked while it is being sent: not tried any further', async (t) => {
  const { replica } = await open(t);
  const sink = recordingSink();
  sink.hold = new Promise(() => {});
  const revocations = revocationsOf();
  let fenced = false;
  const watched: Transport = {
    ...sink,
    send(topic, events, fence) {
      fence.signal.addEventListener('abort', () => {
        fenced = !fence.held();
      });
      return sink.send(topic, events, fence);
    },
  };
  const changes = await replica({ catalog: catalogOf(grantOf('TT-1')), sink: watched, revocations });
  changes.start();
  t.teardown(() => changes.close());
  await publish(changes, changeOf(1, 1));
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 1);
  revocations.revoke({ kind: 'agency', value: 'G12.thue' });
  t.ok(fenced, 'at once');
});

t.test('while it is not known who is revoked nothing is sent', async (t) => {
  const { replica } = await open(t);
  const sink = recordingSink();
  const evidence = recordingEvidence();
  const revocations = revocationsOf();
  revocations.known = false;
  let asked = 0;
  revocations.fresh = () => {
    asked += 1;
    return revocations.known;
  };
  const changes = await replica({ catalog: catalogOf(grantOf('TT-1')), sink, revocations, evidence });
  changes.start();
  t.teardown(() => changes.close());
  await publish(changes, changeOf(1, 1));
  await until(() => evidence.entries.length === 1);
  // The relay asks before each delivery: here in vain, and again.
  const before = asked;
  await until(() => asked > before + 2);
  t.same(sink.sent.get(topicOf('TT-1')), []);
  revocations.known = true;
  await until(() => sink.sent.get(topicOf('TT-1'))?.length === 1);
});

t.test('closing finishes what is under way, and the next replica repeats nothing', async (t) => {
  const { pool, replica } = await open(t);
  const catalog = catalogOf(grantOf('TT-1'));
  const topic = topicOf('TT-1');
  const [sinkA, sinkB] = [recordingSink(), recordingSink()];
  let release = () => {};
  sinkA.hold = new Promise((resolve) => {
    release = resolve;
  });
  const a = await replica({ catalog, sink: sinkA });
  a.start();
  await publish(a, changeOf(1, 1));
  await until(() => sinkA.sent.get(topic)?.length === 1);
  const closing = a.close();
  release();
  await closing;
  t.match((await pool.query('SELECT sequence FROM relay_cursor')).rows, [{ sequence: 1 }]);
  const b = await replica({ catalog, sink: sinkB });
  b.start();
  t.teardown(() => b.close());
  await publish(b, changeOf(1, 2));
  await until(() => sinkB.sent.get(topic)?.length === 1);
  t.same(sequences(sinkB.sent.get(topic)), [2]);
});

t.test('without Kafka the outbox still serves the feed', async (t) => {
  const catalog = catalogOf(grantOf('TT-1'));
  const { changes } = await startFlow(t, { catalog });
  await publish(changes, changeOf(1, 1));
  t.same(healthOf(changes), { kafka: 'off', leads: false, backlogs: [] });
  const question = { grants: catalog.streamGrants, registry: 'business', after: undefined };
  const page = await changes.feed.page(question, 9, Infinity);
  t.equal(page.events.length, 1);
});
