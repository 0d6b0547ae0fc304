/** Follows by Kafka: offsets are committed after the table is, so a crash repeats events and loses none. */
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type KafkaMessage } from 'kafkajs';
import type { check } from './check.ts';
import { StartAgain } from './gateway.ts';
import type { Row } from './row.ts';
import type { Copying } from './snapshot.ts';

interface Following extends Copying {
  readonly brokers: readonly string[];
  /** Milliseconds after which a number that has not come, while later ones have, will not come. */
  readonly gapAfter: number;
}

/** Milliseconds after which a reader that died is taken off its group, and the next one begins. */
const SESSION = 10_000;

/** Reads on until stopped. @throws StartAgain */
export async function followKafka(
  following: Following,
  checkEvery: number,
  checkCopy: typeof check,
): Promise<void> {
  const { table, signal, client, brokers, gapAfter, log } = following;
  const { topic, group } = (await table.progress())!;
  if (topic === null) throw new StartAgain('the gateway named no topic');
  const kafka = new kafkajs.Kafka({
    clientId: client,
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.ERROR,
  });
  const consumer = kafka.consumer({ groupId: group, sessionTimeout: SESSION });
  const turns = takingTurns();
  let changed = new Set<string>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  consumer.on('consumer.crash', ({ payload: { error } }) => failed.reject(error));

  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages }, heartbeat }) => {
        const events = messages.map(eventOf);
        await turns(async () => {
          await table.applyEvents(events);
          for (const { subject } of events) changed.add(subject);
        });
        const offset = String(BigInt(messages.at(-1)!.offset) + 1n);
        await consumer.commitOffsets([{ topic, partition, offset }]);
        await heartbeat();
      },
    });
    log('following', { topic });

    /** Waits until all events up to one are applied. */
    const reach = async (sequence: number) => {
      let moved = Date.now();
      let last = -1;
      for (;;) {
        const { sequence: now } = (await table.progress())!;
        if (now >= sequence) return;
        if (now !== last) moved = Date.now();
        last = now;
        if (Date.now() - moved > gapAfter && (await table.hasHole())) throw new StartAgain('gap');
        await Promise.race([wait(200, undefined, { signal }), failed.promise]);
      }
    };

    while (!signal.aborted) {
      changed = new Set();
      const upTo = async (digest: {
        readonly kafka?: { readonly topic: string; readonly sequence: number };
      }) => {
        // Other fields or rows than before: another topic, and another copy.
        if (digest.kafka && digest.kafka.topic !== topic) throw new StartAgain('a new generation');
        if (digest.kafka) await reach(digest.kafka.sequence);
        return changed;
      };
      await checkCopy(following, upTo, turns);
      await Promise.race([wait(checkEvery, undefined, { signal }), failed.promise]);
    }
  } finally {
    await Promise.race([consumer.disconnect(), wait(5000)]);
  }
}

/** CloudEvents' binary mode: attributes in headers `ce_…`, data as the value. */
function eventOf({ headers = {}, value }: KafkaMessage): Row & { readonly sequence: number } {
  const { version, state } = JSON.parse(String(value));
  return { subject: String(headers.ce_subject), version, state, sequence: Number(headers.ce_sequence) };
}

/** One piece of work after the other: nothing is applied while the copy is compared and repaired. */
function takingTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
