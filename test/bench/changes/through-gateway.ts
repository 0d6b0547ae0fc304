/** Changes through the whole gateway: pushed by a provider, taken by the relay, acknowledged by Kafka. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { createClient } from '../../../gateway/identity/client.ts';
import { PROVIDER } from '../catalogue.ts';
import { type Gateway, startGateway } from '../contestants/gateway.ts';
import { startWorker } from '../processes.ts';
import { UPSTREAM_CONNECTIONS, type World } from '../world.ts';
import { BATCH_SIZE } from './batch.ts';
import type { Pushed, PushJob } from './job.ts';

const PUSHER = join(import.meta.dirname, 'pusher.ts');

/** Calls of the provider in flight. */
const CONCURRENCY = 4;
/** Milliseconds that the relay may take for the rest, after the last push was answered. */
const CATCH_UP = 60_000;

export interface ThroughGateway {
  readonly gateway: Gateway;
  /** Changes so far. */
  readonly pushed: number;
  /** Pushes so many batches. @returns seconds from the first push until Kafka has acknowledged all */
  push(batches: number): Promise<number>;
}

/** @param stack ends what is started here */
export async function openThroughGateway(
  world: World,
  options: { readonly brokers: readonly string[]; readonly profile: string | undefined },
  stack: AsyncDisposableStack,
): Promise<ThroughGateway> {
  const databaseUrl = await world.freshDatabase('changes');
  const gateway = await startGateway({
    catalogue: world.catalogue,
    databaseUrl,
    directory: world.directory,
    upstreamPort: world.upstream.port,
    upstreamConnections: UPSTREAM_CONNECTIONS,
    kafkaBrokers: options.brokers,
    profile: options.profile,
  });
  stack.defer(() => gateway.stop());
  const pusher = await startWorker<PushJob, Pushed>(PUSHER, 'others');
  stack.defer(() => pusher.stop());
  const database = new pg.Client(databaseUrl);
  await database.connect();
  stack.defer(() => database.end());
  const client = createClient({
    issuer: gateway.url,
    clientId: PROVIDER,
    privateJwk: world.catalogue.privateKeys[PROVIDER],
  });
  let done = 0;
  return {
    gateway,
    get pushed() {
      return done * BATCH_SIZE;
    },
    async push(batches) {
      const { startedAt, endedAt } = await pusher.run({
        port: gateway.port,
        token: await client.token(),
        first: done,
        batches,
        concurrency: CONCURRENCY,
      });
      done += batches;
      return ((await relayed(database, endedAt, done * BATCH_SIZE)) - startedAt) / 1000;
    },
  };
}

/**
 * Waits until the outbox holds `count` changes and the relay's cursor, which moves when Kafka has acknowledged, is at
 * its end. @returns when that was, in milliseconds since the epoch
 */
async function relayed(database: pg.Client, since: number, count: number): Promise<number> {
  while (Date.now() < since + CATCH_UP) {
    const { rows } = await database.query<{ last: string; position: string }>(
      `SELECT s.last, c.position FROM stream s JOIN relay_cursor c USING (registry) WHERE registry = 'business'`,
    );
    const [row] = rows;
    if (Number(row?.last) === count && Number(row?.position) === count) return Date.now();
    await wait(10);
  }
  throw new Error(`the relay did not reach the end of ${count} changes`);
}
