/**
 * Notifies the readers of the outboxes: at once by LISTEN/NOTIFY, and by a query each second, so that a notification that was
 * lost with its connection costs one second.
 */
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { StoreClient } from '../../store/client.ts';
import type { Pool } from '../../store/pool.ts';
import { CONNECTION_LIMIT } from '../../store/time-limits.ts';
import type { Outbox } from './outbox.ts';

const LOOK_EVERY = 1000;

export interface NotifyOptions {
  readonly pool: Pool;
  /** A direct or session-mode connection. */
  readonly databaseUrl: string;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly log: Logger;
}

/** Starts both. @returns how to stop */
export function notifyReaders({ pool, databaseUrl, outboxes, log }: NotifyOptions): () => Promise<void> {
  const stop = new AbortController();
  const pause = (ms: number) => wait(ms, undefined, { signal: stop.signal }).catch(() => {});

  async function look(): Promise<void> {
    const { rows } = await pool.query<{ registry: string; last: number }>(
      'SELECT registry, last FROM stream',
    );
    for (const { registry, last } of rows) outboxes.get(registry)?.reached(last);
  }

  async function lookOften(): Promise<void> {
    while (!stop.signal.aborted) {
      await look().catch((error) => log.debug({ err: error }, 'the outbox cannot be looked at'));
      await pause(LOOK_EVERY);
    }
  }

  async function listen(): Promise<void> {
    while (!stop.signal.aborted) {
      const client: pg.Client = new StoreClient({
        connectionString: databaseUrl,
        application_name: 'lienthong changes',
        keepAlive: true,
        connectionTimeoutMillis: CONNECTION_LIMIT,
      });
      const ended = new Promise<void>((resolve) => {
        client.once('end', resolve);
        client.on('error', (error) => {
          log.debug({ err: error }, 'the listening connection was lost');
          resolve();
        });
        stop.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      client.on('notification', ({ channel, payload }) => {
        outboxes.get(channel.replace(/^changes_/, ''))?.reached(Number(payload));
      });
      try {
        await client.connect();
        for (const registry of outboxes.keys())
          await client.query(`LISTEN ${pg.escapeIdentifier(`changes_${registry}`)}`);
        await look();
        await ended;
      } catch (error) {
        log.debug({ err: error }, 'cannot listen to the store');
      }
      // Not awaited: a connection that hangs never ends in good order.
      void client.end().catch(() => {});
      await pause(500 + Math.random() * 1000);
    }
  }

  const running = [lookOften(), listen()];
  return async () => {
    stop.abort();
    await Promise.all(running);
  };
}
