/** Callers that leave: requests byte by byte, connections that are broken off, and what a gateway counted of it. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';
import type { TestGateway } from '../../support/gateway.ts';
import type { Setting } from '../../support/setting.ts';
import type { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';
import { open } from './raw.ts';

/** A connection whose end is nobody's error. */
export async function dial(url: string): Promise<Socket> {
  const socket = open(url).on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** The bytes of a request: its line and fields, and so much of its body as `sent` says. */
export function bytesOf(
  line: string,
  fields: Readonly<Record<string, string>>,
  body?: string,
  sent: number = body?.length ?? 0,
): string {
  const given = Object.entries({
    host: 'gateway',
    ...fields,
    ...(body !== undefined && { 'content-length': String(body.length) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${given.join('')}\r\n${body?.slice(0, sent) ?? ''}`;
}

/** Does `work` while a transaction holds what `statement` locks. */
export async function withLock(
  { databaseUrl }: Pick<Setting, 'databaseUrl'>,
  statement: string,
  work: () => Promise<void>,
): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(`BEGIN; ${statement}`);
    await work();
    await client.query('ROLLBACK');
  } finally {
    await client.end();
  }
}

/** Resolves when a query of the gateway waits for a lock. */
export const untilLocked = ({ query }: Pick<Setting, 'query'>) =>
  until(
    async () =>
      (
        await query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        )
      ).length > 0,
  );

/** Values of metrics, by name and labels as they are written. */
export async function metricsOf(gateway: TestClient): Promise<Map<string, number>> {
  const { text } = await gateway.operations('/metrics');
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.lastIndexOf(' ');
      return line.startsWith('lienthong_')
        ? [[line.slice('lienthong_'.length, at), Number(line.slice(at + 1))]]
        : [];
    }),
  );
}

/** The outcomes of the calls since `before`: `service outcome` for each call, sorted. */
export async function outcomesSince(
  gateway: TestClient,
  before: ReadonlyMap<string, number>,
): Promise<string[]> {
  const now = await metricsOf(gateway);
  return [...now].flatMap(([name, value]) => {
    const labels = /^requests_total\{service="([^"]*)",agency="[^"]*",outcome="([^"]*)"\}$/.exec(name);
    if (!labels) return [];
    return Array<string>(value - (before.get(name) ?? 0)).fill(`${labels[1]} ${labels[2]}`);
  });
}

/** The log lines of calls. */
export function callLines(gateway: Pick<TestGateway, 'log'>) {
  return gateway.log.flatMap((line) => {
    const entry = JSON.parse(line) as {
      readonly msg?: string;
      readonly requestId?: string;
      readonly outcome?: string;
      readonly status?: number;
      readonly service?: string;
    };
    return entry.msg === 'call' ? [entry] : [];
  });
}
