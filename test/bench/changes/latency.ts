/** From a change's commit to a consumer of its topic, while changes come at a steady rate. */
import { join } from 'node:path';
import { TOPIC } from '../catalogue.ts';
import { startWorker } from '../processes.ts';
import type { Arrivals, ArrivalsJob } from './job.ts';
import type { ThroughGateway } from './through-gateway.ts';

const ARRIVALS = join(import.meta.dirname, 'arrivals.ts');

/** Changes of a call: as many calls a second as at full speed, each a tenth as large. */
const SIZE = 50;

export interface Latency {
  readonly perSecond: number;
  readonly changes: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export async function measureLatency(
  through: ThroughGateway,
  brokers: readonly string[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Latency> {
  const consumer = await startWorker<ArrivalsJob, Arrivals>(ARRIVALS, 'others');
  try {
    await consumer.run({ kind: 'join', brokers, topic: TOPIC });
    const after = through.pushed;
    await through.push({ seconds, size: SIZE, perSecond });
    const last = through.pushed;
    const stored = await through.storedAt(after);
    // The one subscriber receives every change, so an event's sequence is the change's position.
    const { at } = await consumer.run({ kind: 'arrived', after, last });
    const took = at.map((time, index) => time - stored[index]!).sort((a, b) => a - b);
    return {
      perSecond,
      changes: took.length,
      p50: took[Math.floor(took.length * 0.5)]!,
      p99: took[Math.floor(took.length * 0.99)]!,
    };
  } finally {
    await consumer.stop();
  }
}
