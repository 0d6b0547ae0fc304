/**
 * Checks the requirements on a server before anything is written to it: each fault would otherwise show in single calls, days
 * later.
 */
import type pg from 'pg';
import { StoreClient } from '../client.ts';
import type { ConnectionFault } from '../connection-fault.ts';
import { CONNECTION_LIMIT } from '../time-limits.ts';

interface Server {
  readonly version: number;
  readonly encoding: string;
  readonly commit: string;
  readonly readOnly: string;
  readonly pid: number;
}

/** PostgreSQL's number of version 15. */
const OLDEST = 150_000;

/** Rounds in which a pooler in transaction mode is detected. One is enough when the pooler has no other users. */
const ROUNDS = 3;

/**
 * The same, when the first connection is seen to lead to a pooler. While others keep its connections busy, a round in five shows nothing:
 * after three, one start in a hundred would use it.
 */
const ROUNDS_OF_A_POOLER = 40;

const ASK = `SELECT current_setting('server_version_num')::integer AS version, current_setting('server_encoding') AS encoding,
  current_setting('synchronous_commit') AS commit, current_setting('transaction_read_only') AS "readOnly",
  pg_backend_pid() AS pid`;

/** @returns the server's fault @throws Error of the store when the server does not answer */
export async function checkServer(url: string): Promise<ConnectionFault | undefined> {
  const [first, second] = [connect(url), connect(url)];
  try {
    await first.connect();
    const { rows } = await first.query<Server>(ASK);
    const fault = faultOf(rows[0]!);
    if (fault) return fault;
    await second.connect();
    return (await isPooledByTransaction(first, second))
      ? refusal(
          'leads to a pooler in transaction or statement mode: the gateway needs session mode, or a direct connection',
        )
      : undefined;
  } finally {
    // A server that hangs does not close, so closing is not awaited.
    for (const client of [first, second]) void client.end().catch(() => {});
  }
}

function faultOf({ version, encoding, commit, readOnly }: Server): ConnectionFault | undefined {
  if (version < OLDEST)
    return refusal(`is PostgreSQL ${Math.floor(version / 10_000)}: 15 or later is needed`);
  if (encoding !== 'UTF8') return refusal(`is a database in ${encoding}: UTF8 is needed`);
  if (commit === 'off') {
    return refusal('has synchronous_commit off: what was acknowledged as recorded could be lost');
  }
  if (readOnly === 'on')
    return { reason: 'is read-only: a standby, or default_transaction_read_only', passing: true };
  return undefined;
}

/**
 * Two connections that are open at the same time have a server process each, and keep it. A pooler that assigns a process per
 * transaction gives the first connection's process, idle between two statements, to the second; or the first another
 * one, while the second holds it. LISTEN, prepared statements and session settings would then be lost occasionally.
 */
async function isPooledByTransaction(first: pg.Client, second: pg.Client): Promise<boolean> {
  const rounds = (await pidOf(first)) === announcedPidOf(first) ? ROUNDS : ROUNDS_OF_A_POOLER;
  for (let round = 0; round < rounds; round++) {
    const before = await pidOf(first);
    const begun = await second.query('BEGIN').then(
      () => true,
      // Statement mode: the pooler's own error, a protocol violation.
      (error: { code?: string }) => {
        if (error.code === '08P01' || error.code === '25P01') return false;
        throw error;
      },
    );
    if (!begun) return true;
    try {
      if ((await pidOf(second)) === before) return true;
      if ((await pidOf(first)) !== before) return true;
    } finally {
      await second.query('ROLLBACK');
    }
  }
  return false;
}

/** The process that was announced when the connection opened (BackendKeyData): poolers in any mode announce a number of their own. */
function announcedPidOf(client: pg.Client): number | null {
  return (client as pg.Client & { readonly processID: number | null }).processID;
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid;
}

function connect(url: string): pg.Client {
  const client: pg.Client = new StoreClient({
    connectionString: url,
    application_name: 'lienthong start',
    connectionTimeoutMillis: CONNECTION_LIMIT,
  });
  // A lost connection rejects a pending query; between two queries the event needs this listener.
  client.on('error', () => {});
  return client;
}

function refusal(reason: string): ConnectionFault {
  return { reason, passing: false };
}
