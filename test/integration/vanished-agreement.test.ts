/** An agreement that is lost, mistyped or narrowed by mistake, and mended: on real Kafka and PostgreSQL, by the operators' port. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { Ending } from '../../gateway/catalog/live/live.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import { administrator } from '../support/kafka-client.ts';
import { askOperators, OPERATOR_TOKEN } from '../support/operator.ts';
import { layOut } from '../support/setting.ts';
import { until } from '../support/until.ts';
import { codes, complete, metric, other, push, sentOfOther, TOPIC } from './support/changes.ts';
import { follow } from './support/topic.ts';

t.setTimeout(400_000);
const HOUR = 3_600_000;
const AGREEMENT = 'TT-2026-G12-02';

interface ReloadAnswer {
  readonly outcome: string;
  readonly ends: readonly Ending[];
}

/** A gateway with Kafka whose agreement of the tax office can be taken away. */
async function openWorld(test: Test, variables: Readonly<Record<string, string>> = {}) {
  const kafka = await ownKafka(test);
  if (!kafka) return undefined;
  const setting = await layOut(test, {
    variables: { KAFKA_BROKERS: kafka.brokers.join(), OPERATOR_TOKEN, ...variables },
    agreements: [other],
  });
  const file = join(setting.variables.CONTRACTS_DIR!, 'agreements', 'G12-thue-tax-streams.yaml');
  const elsewhere = join(setting.variables.CONTRACTS_DIR!, '..', 'lost.yaml');
  const { PORT = '', OPERATIONS_PORT = '' } = setting.variables;
  const admin = await administrator(test, { brokers: [...kafka.brokers] });
  const ask = async <T>(gateway: TestGateway, method: string, path: string): Promise<T> => {
    const { status, body } = await askOperators<T>(gateway, method, path);
    test.equal(status, 200);
    return body;
  };
  return {
    setting,
    brokers: kafka.brokers,
    // One after the other, at the address that clients know.
    start: () => startTestGateway(test, { setting, variables: { PORT, OPERATIONS_PORT } }),
    topics: async () => (await admin.listTopics()).filter((topic) => topic.includes(AGREEMENT)).sort(),
    /** Number of messages that were ever written to its topic. A reader may see some twice; the topic counts each once. */
    written: async () =>
      (await admin.fetchTopicOffsets(TOPIC)).reduce((sum, { high }) => sum + Number(high), 0),
    vanish: () => rename(file, elsewhere),
    comeBack: () => rename(elsewhere, file),
    /** Puts another text in its file. @returns what puts the old one back */
    mistype: async (from: string, to: string) => {
      const text = await readFile(file, 'utf8');
      test.ok(text.includes(from));
      await writeFile(file, text.replace(from, to));
      return () => writeFile(file, text);
    },
    reload: (gateway: TestGateway, query = '') =>
      ask<ReloadAnswer>(gateway, 'POST', `catalogue/reload${query}`),
    ends: async (gateway: TestGateway) => (await ask<{ ends: Ending[] }>(gateway, 'GET', 'endings')).ends,
    held: () =>
      setting.query<{ topic: string; held_until: Date }>(
        'SELECT topic, held_until FROM kafka_topic WHERE held_until IS NOT NULL ORDER BY topic',
      ),
    /** The status of the tax office's feed. */
    feed: async (gateway: TestGateway) => {
      const token = await gateway.token('G12.thue').catch(() => undefined);
      if (token === undefined) return 'no token';
      const headers = { authorization: `Bearer ${token}`, 'x-purpose': 'quan-ly-thue' };
      return (await gateway.send('/v1/changes/business?limit=1', { headers })).status;
    },
  };
}

t.test(
  'gone and back within the grace time: announced, held over a restart, and nothing is missing',
  async (t) => {
    const world = await openWorld(t);
    if (!world) return;
    let gateway = await world.start();
    await push(gateway, 1);
    await until(async () => (await world.topics()).length === 2);
    const topics = await world.topics();
    const events = await follow(t, world.brokers, TOPIC);
    await until(() => events.length >= codes.length);

    await world.vanish();
    const planned = await world.reload(gateway, '?dryRun=true');
    t.match(planned, { outcome: 'planned', ends: [{ agreement: AGREEMENT, reason: 'removed', topics }] });
    t.ok(Math.abs(Date.parse(planned.ends[0]!.at) - Date.now() - 72 * HOUR) < HOUR);
    t.equal(await world.feed(gateway), 200, 'that was a question');
    t.same(planned.ends[0]!.streams, ['business.changes.read enterprise', 'land.changes.read parcel']);
    const swapped = await world.reload(gateway);
    // The watch may have been quicker.
    if (swapped.outcome === 'swapped') t.match(swapped.ends, [{ agreement: AGREEMENT, topics }]);
    await until(async () => (await world.held()).length === 2);
    t.ok(
      gateway.log.some((line) => line.includes('this catalogue ends what') && line.includes(TOPIC)),
      'the log names what ends, whoever reloads',
    );
    t.equal(await world.feed(gateway), 403, 'nothing is granted meanwhile');
    const held = await world.held();
    t.match(await world.ends(gateway), [{ agreement: AGREEMENT, reason: 'removed', topics, webhooks: [] }]);
    await until(
      async () =>
        (await metric(gateway, /^lienthong_removal_timestamp_seconds\{agreement="TT-2026-G12-02"\} (.*)$/m)) >
        0,
    );
    const written = await world.written();
    await push(gateway, 2);
    await gateway.close();
    gateway = await world.start();
    await push(gateway, 3);
    await until(async () => (await sentOfOther(gateway)) === 3 * codes.length);
    t.same(await world.held(), held, 'a restart gives no more time');
    t.equal(
      await world.written(),
      written,
      'nothing is sent, while another agreement gets all that was pushed',
    );
    t.same(await world.topics(), topics);

    await world.comeBack();
    await world.reload(gateway);
    await until(() => new Set(events.map(({ id }) => id)).size === 3 * codes.length);
    complete(t, events, 3);
    await until(async () => (await world.held()).length === 0);
    t.same(await world.topics(), topics, 'the same generation');
    t.same(await world.ends(gateway), []);
    t.same(
      (await gateway.evidence()).filter(({ code }) => code === 'topic_deleted'),
      [],
    );
  },
);

t.test('gone for longer than the grace time: its topics are deleted, with evidence', async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const gateway = await world.start();
  await push(gateway, 1);
  await until(async () => (await world.topics()).length === 2);
  await world.vanish();
  await world.reload(gateway);
  await until(async () => (await world.held()).length === 2);
  // What 72 hours would do.
  await world.setting.query("UPDATE kafka_topic SET held_until = held_until - interval '73 hours'");
  await until(async () => (await world.topics()).length === 0);
  const ended = async () => (await gateway.evidence()).filter(({ code }) => code === 'topic_deleted');
  await until(async () => (await ended()).length === 2);
  t.match(
    (await ended()).find(({ service }) => service === TOPIC),
    { kind: 'revocation', agreement: AGREEMENT, system: 'G12.thue', reason: 'removed' },
  );
  await push(gateway, 2);
  await world.comeBack();
  await world.reload(gateway);
  await until(async () => (await world.topics()).includes(TOPIC.replace('g1', 'g2')));
});

t.test('a mistyped end of its term, mended within the grace time: the same topic, and no gap', async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const gateway = await world.start();
  await push(gateway, 1);
  await until(async () => (await world.topics()).length === 2);
  const topics = await world.topics();
  const events = await follow(t, world.brokers, TOPIC);
  await until(() => events.length >= codes.length);

  const mend = await world.mistype('2028-12-31', '2026-11-01');
  await world.reload(gateway);
  await until(async () => (await world.held()).length === 2);
  const [end] = await world.ends(gateway);
  t.match(end, { agreement: AGREEMENT, reason: 'ended', topics, webhooks: [] });
  t.ok(Math.abs(Date.parse(end!.at) - Date.now() - 24 * HOUR) < HOUR);
  t.not(await world.feed(gateway), 200, 'its calls are refused meanwhile');
  await push(gateway, 2);
  await mend();
  await world.reload(gateway);
  await until(() => new Set(events.map(({ id }) => id)).size === 2 * codes.length);
  complete(t, events, 2);
  await until(async () => (await world.held()).length === 0);
  t.same(await world.topics(), topics);
  t.same(await world.ends(gateway), []);
});

t.test('fields taken away, and given back within the grace time: the old topic is not deleted', async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const gateway = await world.start();
  await push(gateway, 1);
  await until(async () => (await world.topics()).length === 2);
  const mend = await world.mistype('fields: [""]', 'fields: [/enterpriseCode, /name]');
  await world.reload(gateway);
  await until(async () => (await world.held()).length === 1);
  t.match(await world.ends(gateway), [{ agreement: AGREEMENT, reason: 'narrowed', topics: [TOPIC] }]);
  await push(gateway, 2);
  await until(async () => (await world.topics()).includes(TOPIC.replace('g1', 'g2')));
  await mend();
  await world.reload(gateway);
  await push(gateway, 3);
  await until(async () => (await world.topics()).includes(TOPIC.replace('g1', 'g3')));
  const isKept = async () => {
    const [row] = await world.setting.query<{ state: string; held_until: Date | null }>(
      `SELECT state, held_until FROM kafka_topic WHERE topic = '${TOPIC}'`,
    );
    return row?.state === 'kept' && row.held_until === null;
  };
  await until(isKept);
  t.ok((await world.topics()).includes(TOPIC), 'readable for its retention');
});

t.test('without a grace time: at once', async (t) => {
  const world = await openWorld(t, { REMOVAL_GRACE_HOURS: '0' });
  if (!world) return;
  const gateway = await world.start();
  await push(gateway, 1);
  await until(async () => (await world.topics()).length === 2);
  await world.vanish();
  const [end] = (await world.reload(gateway, '?dryRun=true')).ends;
  if (end) t.ok(Math.abs(Date.parse(end.at) - Date.now()) < HOUR);
  await until(async () => (await world.topics()).length === 0);
});

t.test('however often it goes and comes, and the gateway with it: every change once, in order', async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  let gateway = await world.start();
  await push(gateway, 1);
  await until(async () => (await world.topics()).length === 2);
  const events = await follow(t, world.brokers, TOPIC);
  const model = { versions: 1, isThere: true };
  const step = fc.constantFrom('push', 'toggle', 'restart');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
      for (const one of steps) {
        if (one === 'push') {
          model.versions += 1;
          await push(gateway, model.versions);
        } else if (one === 'toggle') {
          model.isThere = !model.isThere;
          await (model.isThere ? world.comeBack() : world.vanish());
          await world.reload(gateway);
        } else {
          await gateway.close();
          gateway = await world.start();
        }
      }
      if (!model.isThere) {
        model.isThere = true;
        await world.comeBack();
        await world.reload(gateway);
      }
      await until(() => new Set(events.map(({ id }) => id)).size === model.versions * codes.length);
    }),
    { numRuns: 4, endOnFailure: true },
  );
  complete(t, events, model.versions);
  await until(async () => (await world.held()).length === 0);
  t.equal((await world.topics()).length, 2);
});
