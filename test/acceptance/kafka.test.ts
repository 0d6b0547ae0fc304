/** A change's way from a provider's push to a subscriber's reader, on a real broker. */
import t from 'tap';
import { ownKafka } from '../support/kafka.ts';
import { readSamples } from './support/samples.ts';
import { type Sandbox, startSandbox } from './support/sandbox.ts';
import { findTool } from './support/tools.ts';
import { listTopics, type Message, readWithKcat, subscribe } from './support/topic.ts';
import { until } from './support/until.ts';

t.setTimeout(300_000);

const ENTERPRISES = 'lienthong.business.enterprise.TT-2026-G12-02.g1';
const PARCELS = 'lienthong.land.parcel.TT-2026-G12-02.g1';

// A broker of its own: the topics' names are what they are, and two sandboxes cannot share them.
const kafka = await ownKafka(t);
if (kafka) await testOn(kafka.brokers);

async function testOn(brokers: readonly string[]): Promise<void> {
  const sandbox = await startSandbox(t, { trickle: 1, env: { KAFKA_BROKERS: brokers.join(',') } });
  const { enterprises } = await readSamples(t);
  await until('the topics were made', async () => {
    const topics = await listTopics(brokers);
    return topics.includes(ENTERPRISES) && topics.includes(PARCELS);
  });
  const received = {
    [ENTERPRISES]: await subscribe(t, brokers, ENTERPRISES),
    [PARCELS]: await subscribe(t, brokers, PARCELS),
  };

  t.test('the sandbox says where changes go', async (t) => {
    t.match(sandbox.process.output, `changes go to Kafka at ${brokers.join(', ')}`);
    const ready = await fetch(`${sandbox.operationsUrl}/health/ready`);
    t.match(await ready.json(), { status: 'ok', dependencies: { kafka: { status: 'up' } } });
  });

  t.test('only agreements have topics', async (t) => {
    const topics = (await listTopics(brokers)).filter((topic) => topic.startsWith('lienthong'));
    t.strictSame(topics.sort(), [ENTERPRISES, PARCELS].sort());
  });

  t.test("the providers' changes arrive, as CloudEvents that name nobody", async (t) => {
    for (const [topic, entity, registry] of [
      [ENTERPRISES, 'enterprise', 'business'],
      [PARCELS, 'parcel', 'land'],
    ] as const) {
      // Of several partitions a later number may come before an earlier one, while changes go on.
      const messages = await until(`changes came to ${topic}, and none is on its way`, () => {
        const last = Math.max(...received[topic]!.map(sequenceOf));
        return received[topic]!.length >= 2 && received[topic]!.length >= last && [...received[topic]!];
      });
      for (const message of messages) {
        t.match(message.headers, {
          'content-type': /^application\/json/,
          ce_specversion: '1.0',
          ce_id: `${message.key}.${message.value.version}`,
          ce_source: `${sandbox.url}/v1/changes/${registry}`,
          ce_type: `vn.lienthong.${registry}.${entity}.${message.value.operation}.v1`,
          ce_subject: message.key,
          ce_time: /^\d{4}-\d\d-\d\dT/,
          ce_dataschema: /change-event\.schema\.json$/,
          ce_sequence: /^\d{16}$/,
          ce_entityversion: String(message.value.version),
          ce_agreement: 'TT-2026-G12-02',
        });
        t.ok(message.value.changedFields.length > 0);
        t.strictSame(identifiersOutside(message), [], 'no identifier in key or headers');
      }
      const numbers = messages.map(sequenceOf).sort((a, b) => a - b);
      t.strictSame(
        numbers,
        numbers.map((_, index) => index + 1),
        'numbered from 1 without a gap',
      );
    }
  });

  t.test('kcat reads the same', async (t) => {
    const kcat = findTool(t, 'kcat', 'kcat');
    if (!kcat) return;
    for (const [topic, messages] of Object.entries(received)) {
      const read = readWithKcat(kcat, brokers, topic);
      t.ok(read.length > 0);
      // Each partition is read to the end that it has just then, so what came next to one may be before what was read of another.
      const ends = new Map(read.map(({ partition, offset }) => [partition, offset]));
      const same = () => messages.filter(({ partition, offset }) => offset <= (ends.get(partition) ?? -1));
      await until('the other reader came as far', () => same().length >= read.length);
      t.strictSame(read.toSorted(byPlace), same().toSorted(byPlace));
    }
  });

  // Codes that no registry has, so that the providers' own changes do not touch them.
  const [one, two, three] = enterprises.absent as [string, string, string];

  await t.test('a pushed batch arrives in order for each subject', async (t) => {
    const batch = [1, 2, 3, 4, 5].flatMap((version) =>
      [one, two].map((code) => change(code, version, `CÔNG TY MẪU ${version}`)),
    );
    const pushed = await push(sandbox, batch);
    t.equal(pushed.status, 201);
    t.strictSame(pushed.body, { accepted: 10, duplicates: 0 });

    const arrived = await arrivals(received[ENTERPRISES]!, [one, two], 10);
    for (const code of [one, two]) {
      const versions = arrived.filter(({ value }) => value.state.enterpriseCode === code);
      t.strictSame(
        versions.map(({ value }) => value.version),
        [1, 2, 3, 4, 5],
      );
      t.equal(new Set(versions.map(({ key }) => key)).size, 1, 'one key');
      t.equal(new Set(versions.map(({ partition }) => partition)).size, 1, 'so one partition');
      t.strictSame(
        versions.map(({ headers }) => headers.ce_type),
        ['created', 'updated', 'updated', 'updated', 'updated'].map(
          (what) => `vn.lienthong.business.enterprise.${what}.v1`,
        ),
      );
      t.strictSame(versions.flatMap(identifiersOutside), []);
    }

    await t.test('sent again it is a duplicate, and delivered once', async (t) => {
      const again = await push(sandbox, batch);
      t.equal(again.status, 201);
      t.strictSame(again.body, { accepted: 0, duplicates: 10 });
      // What comes after it has come: so nothing of it will.
      await push(sandbox, [change(one, 6, 'CÔNG TY MẪU 6')]);
      const all = await arrivals(received[ENTERPRISES]!, [one, two], 11);
      t.equal(all.length, 11);
      t.equal(all.at(-1)!.value.version, 6);
    });

    await t.test('the same version with other content is a conflict', async (t) => {
      const { status, body } = await push(sandbox, [
        change(two, 6, 'CÔNG TY MẪU 6'),
        change(two, 5, 'CÔNG TY KHÁC'),
      ]);
      t.equal(status, 409);
      t.equal(body.code, 'change_conflict');
      t.match(body.errors, [{ pointer: /^\/changes\/1/ }]);
      t.notMatch(JSON.stringify(body), two, 'the subject is not repeated');
      t.strictSame(
        (await push(sandbox, [change(two, 6, 'CÔNG TY MẪU 6')])).body,
        { accepted: 1, duplicates: 0 },
        'its neighbour was not stored',
      );
    });

    await t.test('the feed has the same events', async (t) => {
      const onKafka = await arrivals(received[ENTERPRISES]!, [one, two], 12);
      const events = (await readFeed(sandbox)).filter(
        ({ data }) => data.state && [one, two].includes(data.state.enterpriseCode),
      );
      t.strictSame(
        events.map(({ id, subject, type, time, data }) => ({ id, subject, type, time, data })).sort(byId),
        onKafka
          .map(({ headers, value }) => ({
            id: headers.ce_id!,
            subject: headers.ce_subject!,
            type: headers.ce_type!,
            time: headers.ce_time!,
            data: value,
          }))
          .sort(byId),
      );
    });
  });

  await t.test('of a batch with one bad change nothing is stored', async (t) => {
    const good = Array.from({ length: 20 }, (_, index) =>
      change(three, index + 1, `CÔNG TY MẪU ${index + 1}`),
    );
    for (const [what, bad, pointer] of [
      ['no name', { ...good[17]!, data: { enterpriseCode: three } }, /^\/changes\/17\/data/],
      [
        'unknown field',
        { ...good[17]!, data: { ...good[17]!.data, colour: 'red' } },
        /^\/changes\/17\/data\/colour/,
      ],
      ['other subject', { ...good[17]!, subject: one }, /^\/changes\/17\/subject/],
      ['bad operation', { ...good[17]!, operation: 'renamed' }, /^\/changes\/17\/operation/],
      ['unknown entity', { ...good[17]!, entity: 'shop' }, /^\/changes\/17\/entity/],
    ] as const) {
      const { status, body } = await push(sandbox, good.with(17, bad as (typeof good)[number]));
      t.equal(status, 400, what);
      t.equal(body.code, 'contract_violation', what);
      t.ok(body.errors.length > 0, what);
      for (const error of body.errors) t.match(error.pointer, pointer, what);
    }
    t.strictSame(
      (await push(sandbox, good)).body,
      { accepted: 20, duplicates: 0 },
      'nothing had been stored',
    );
  });

  await t.test("a provider publishes its own registry's changes only", async (t) => {
    const { status, body } = await sandbox.call({
      as: 'G13.datdai',
      path: '/v1/business/changes',
      body: { changes: [change(three, 99, 'CÔNG TY LẠ')] },
    });
    t.equal(status, 403);
    t.equal(body.code, 'no_agreement');
  });

  t.test('operators see the outbox and the sends', async (t) => {
    const text = await (await fetch(`${sandbox.operationsUrl}/metrics`)).text();
    t.match(
      text,
      new RegExp(`^lienthong_kafka_sends_total\\{.*topic="${ENTERPRISES}".*outcome="ok".*\\} \\d`, 'm'),
    );
    t.match(text, /^lienthong_outbox_depth\{sink="kafka",registry="business"\} \d/m);
    t.match(text, /^lienthong_outbox_oldest_unsent_seconds\{sink="kafka",registry="business"\} \d/m);
    t.match(text, /^lienthong_changes_accepted_total\{registry="business"\} \d/m);
    t.match(text, /^lienthong_relay_leader 1$/m);
    t.match(text, /^lienthong_dependency_up\{dependency="kafka"\} 1$/m);
  });
}

function change(code: string, version: number, name: string) {
  return {
    entity: 'enterprise',
    subject: code,
    version,
    operation: version === 1 ? 'created' : 'updated',
    occurredAt: new Date(Date.UTC(2026, 2, 2, 9, version)).toISOString(),
    changedFields: version === 1 ? [] : ['/name'],
    data: {
      enterpriseCode: code,
      name,
      status: 'active',
      headOffice: { provinceCode: '01', communeCode: '00004' },
    },
  };
}

function push(sandbox: Sandbox, changes: readonly ReturnType<typeof change>[]) {
  return sandbox.call({ as: 'G12.dkkd', path: '/v1/business/changes', body: { changes } });
}

/** The messages about some enterprises, in the order of their numbers, once there are `count`. */
function arrivals(messages: readonly Message[], codes: readonly string[], count: number): Promise<Message[]> {
  return until(`${count} changes arrived`, () => {
    const about = messages.filter(({ value }) => codes.includes(value.state?.enterpriseCode));
    return about.length >= count && about.toSorted((a, b) => sequenceOf(a) - sequenceOf(b));
  });
}

interface Event {
  readonly id: string;
  readonly subject: string;
  readonly type: string;
  readonly time: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was published; the tests look into it
  readonly data: any;
}

/** The business feed as it is now, in pages of few. */
async function readFeed(sandbox: Sandbox): Promise<Event[]> {
  const events: Event[] = [];
  let after: string | undefined;
  for (;;) {
    const query = new URLSearchParams({ limit: '5', ...(after && { after }) });
    const { status, body } = await sandbox.call({ as: 'G12.thue', path: `/v1/changes/business?${query}` });
    if (status !== 200) throw new Error(JSON.stringify(body));
    events.push(...body.data);
    after = body.meta.next;
    if (!body.meta.hasMore) return events;
  }
}

function sequenceOf({ headers }: Message): number {
  return Number(headers.ce_sequence);
}

function byPlace(a: Message, b: Message): number {
  return a.partition - b.partition || a.offset - b.offset;
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

/** Identifiers of the state that stand in the message's key or headers, where everybody on the way reads them. */
function identifiersOutside({ key, headers, value }: Message): string[] {
  const { enterpriseCode, communeCode, mapSheet, parcelNumber, owners = [] } = value.state ?? {};
  const identifiers = [
    enterpriseCode,
    communeCode && `${communeCode}/${mapSheet}/${parcelNumber}`,
    ...owners.flatMap((owner: Record<string, string>) => [
      owner.personalId,
      owner.enterpriseCode,
      owner.fullName,
    ]),
  ].filter((identifier): identifier is string => typeof identifier === 'string');
  const outside = JSON.stringify([key, headers]);
  return identifiers.filter((identifier) => outside.includes(identifier));
}
