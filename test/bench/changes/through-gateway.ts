/** Changes through the whole gateway: pushed by a provider, taken by the relay, acknowledged by Kafka. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { createClient } from '../../../gateway/client/client.ts';
import { PROVIDER } from '../catalogue.ts';
import { type Gateway, startGateway } from '../contestants/gateway.ts';
import { startWorker } from '../processes.ts';
import { UPSTREAM_CONNECTIONS, type World } from '../world.ts';
import type { Pushed, PushJob } from './job.ts';

const PUSHER = join(import.meta.dirname, 'pusher.ts');

/** Calls of the provider in flight. */
export const CONCURRENCY = 4;
/** Milliseconds that the relay may take for the rest, after the last push was answered. */
const CATCH_UP = 60_000;

export interface Flow {
  /** Changes of each call. */
  readonly size: number;
  /** For how long the provider pushes. */
  readonly seconds: number;
  /** Changes a second; left out: as fast as they are taken. */
  readonly perSecond?: number;
}

export interface Passed extends Pick<Pushed, 'changes' | 'heldBack'> {
  /** From the first push until Kafka has acknowledged all. */
  readonly seconds: number;
  /** Of these, after the last push was answered. */
  readonly catchUp: number;
}

export interface ThroughGateway {
  readonly gateway: Gateway;
  /** Changes so far. */
  readonly pushed: number;
  /** Resolves when Kafka has acknowledged all. */
  push(flow: Flow): Promise<Passed>;
  /** When the changes after a position were stored, in order: milliseconds since the epoch, a little before the commit. */
  storedAt(position: number): Promise<readonly number[]>;
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
  let pushed = 0;
  return {
    gateway,
    get pushed() {
      return pushed;
    },
    async push(flow) {
      const token = await client.token();
      const job = { ...flow, port: gateway.port, token, first: pushed, concurrency: CONCURRENCY };
      const { startedAt, endedAt, changes, heldBack } = await pusher.run(job);
      pushed += changes;
      const acknowledgedAt = await relayed(database, endedAt, pushed);
      return {
        changes,
        heldBack,
        seconds: (acknowledgedAt - startedAt) / 1000,
        catchUp: (acknowledgedAt - endedAt) / 1000,
      };
    },
    async storedAt(position) {
      const { rows } = await database.query<{ at: number }>(
        `SELECT extract(epoch FROM recorded_at)::float8 * 1000 AS at FROM change
         WHERE registry = 'business' AND position > $1 ORDER BY position`,
        [position],
      );
      return rows.map(({ at }) => at);
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
