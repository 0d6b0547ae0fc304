/**
 * A minimal outbox, a process of its own: it inserts messages into a table in batches, reads each batch back and sends it
 * with kafkajs, and nothing else. No HTTP, no check, no evidence, no agreement; and no cursor, so that it would lose or
 * repeat everything after a crash. The messages are those that the gateway wrote, to the byte; parameters cross in the same
 * binary form as the gateway's.
 */
import kafkajs, { type Message, type Producer } from 'kafkajs';
import pg from 'pg';
import { textColumn } from '../../../gateway/store/columns.ts';
import { serve } from '../processes.ts';
import type { OutboxJob, Produced, ReadJob } from './job.ts';
import { averageSize, cycle, readMessages } from './messages.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS outbox (
  position bigint PRIMARY KEY, key text NOT NULL, value text NOT NULL, headers json NOT NULL, kafka_partition integer NOT NULL
)`;
const INSERT = {
  name: 'insert',
  text: `INSERT INTO outbox (position, key, value, headers, kafka_partition)
         SELECT $1::int8 + ordinal, key, value, headers::json, kafka_partition
         FROM unnest($2::text[], $3::text[], $4::text[], $5::int4[])
           WITH ORDINALITY AS t (key, value, headers, kafka_partition, ordinal)`,
};
const READ = {
  name: 'read',
  text: `SELECT key, value, headers, kafka_partition AS partition FROM outbox
         WHERE position > $1 AND position <= $2 ORDER BY position`,
};

/** Batches that may wait to be sent: nobody inserts for a minute what then takes minutes to go out. */
const AHEAD = 8;

interface Kept {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition: number;
}

let producer: Producer;
let kept: Kept[] = [];
let pool: pg.Pool | undefined;
/** Messages that the table holds. */
let inserted = 0;

serve<ReadJob | OutboxJob, Produced>(async (job) => {
  if (job.kind === 'send') return relay(job);
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: [...job.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const messages = await readMessages(kafka, job.topic, job.count);
  kept = messages.map(asText);
  producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  return { messages: kept.length, seconds: 0, messageBytes: averageSize(messages) };
});

function asText({ key, value, headers, partition }: Message): Kept {
  const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]);
  return {
    key: String(key),
    value: String(value),
    headers: Object.fromEntries(texts),
    partition: partition!,
  };
}

async function relay(job: OutboxJob): Promise<Produced> {
  const { topic, seconds, batchSize, concurrency } = job;
  pool ??= new pg.Pool({ connectionString: job.databaseUrl, max: concurrency + 1 });
  await pool.query(TABLE);
  const start = performance.now();
  /** Of batches that are being inserted or were, in order; a batch is read when it is there. */
  const stored: Promise<number>[] = [];
  let inserting = true;
  let next = 0;
  const room = new Set<() => void>();
  const insertOn = async () => {
    while (performance.now() < start + seconds * 1000) {
      if (stored.length - next >= AHEAD) {
        await new Promise<void>((resolve) => room.add(resolve));
        continue;
      }
      const first = inserted;
      inserted += batchSize;
      const batch = insert(pool!, first, batchSize);
      stored.push(batch);
      await batch;
    }
  };
  const inserters = Promise.all(Array.from({ length: concurrency }, insertOn)).finally(() => {
    inserting = false;
  });
  let sent = 0;
  for (; inserting || next < stored.length; next++) {
    for (const go of room) go();
    room.clear();
    while (inserting && next >= stored.length) await Promise.race(stored.slice(-concurrency));
    const batch = stored[next];
    if (!batch) break;
    const first = await batch;
    const { rows } = await pool.query<Message>({ ...READ, values: [first, first + batchSize] });
    await producer.send({ topic, acks: -1, messages: rows });
    sent += rows.length;
  }
  await inserters;
  return { messages: sent, seconds: (performance.now() - start) / 1000, messageBytes: 0 };
}

/** @returns the position before the first of them */
async function insert(into: pg.Pool, first: number, size: number): Promise<number> {
  const batch = cycle(kept, first, size);
  await into.query({
    ...INSERT,
    values: [
      first,
      textColumn(batch.map(({ key }) => key)),
      textColumn(batch.map(({ value }) => value)),
      textColumn(batch.map(({ headers }) => JSON.stringify(headers))),
      batch.map(({ partition }) => partition),
    ],
  });
  return first;
}
