/** The environment of every part of the benchmark: a directory, PostgreSQL, contracts, the upstream. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../deploy/sandbox/postgres/postgres.ts';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { type Catalogue, writeCatalogue } from './catalogue.ts';
import { startWorker } from './processes.ts';
import type { UpstreamJob } from './upstream/server.ts';

/** Records in each registry: a thousand subjects, asked for in turn. */
export const RECORDS = 1000;
/** Connections to the upstream, of the gateway and of those it is compared with. */
export const UPSTREAM_CONNECTIONS = 64;

export interface World {
  readonly directory: string;
  readonly catalogue: Catalogue;
  readonly upstream: { readonly pid: number; readonly port: number };
  /** A new, empty database. @returns its URL */
  freshDatabase(name: string): Promise<string>;
}

/** @param stack ends everything that was started, in reverse, also when the rest could not be */
export async function createWorld(stack: AsyncDisposableStack): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-bench-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const postgres = await startPostgres({ dataDir: join(directory, 'postgres'), persistent: false });
  stack.defer(() => postgres.stop());
  const server = await startWorker<UpstreamJob, undefined>(
    join(import.meta.dirname, 'upstream', 'server.ts'),
    'others',
  );
  stack.defer(() => server.stop());
  const port = await freePort();
  await server.run({ port, records: RECORDS });
  return {
    directory,
    catalogue: await writeCatalogue(directory),
    upstream: { pid: server.pid, port },
    async freshDatabase(name) {
      await query(postgres.url, `CREATE DATABASE ${name}`);
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      return url.href;
    },
  };
}

/** One statement on a connection of its own. */
export async function query<Row>(url: string, statement: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(statement, values)).rows;
  } finally {
    await client.end();
  }
}
