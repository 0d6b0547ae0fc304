/** Whose failure an error is: judged by where it arose, whatever its code. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { errorCodes } from 'fastify';
import t from 'tap';
import { copyIn } from '../../../gateway/evidence/append/copy-in.ts';
import { toProblem } from '../../../gateway/exchange/refuse.ts';
import { isStoreError, markStoreError, storeCodeOf } from '../../../gateway/store/origin.ts';
import { type Client, openPool, transaction } from '../../../gateway/store/pool.ts';
import { isStoreUnavailable } from '../../../gateway/store/unavailable.ts';
import { freshDatabase } from '../../support/database.ts';

const thrownBy = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return t.fail('nothing was thrown');
};
const open = (url: string) => openPool({ url, name: 'test', max: 1, onIdleError: () => {} });
const withCode = (code: string) => Object.assign(new Error('x'), { code, statusCode: 400 });

const codes = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['57P01', '57P03', '53300', '08006', '25P03', '23505', '22021'],
];

t.test('of what arises elsewhere PostgreSQL is never held to be the cause', async () => {
  const message = fc.constantFrom(
    'Connection terminated',
    'PostgreSQL did not answer in time',
    'aborted',
    'x',
  );
  fc.assert(
    fc.property(fc.constantFrom(...codes), message, (code, text) => {
      const foreign = Object.assign(new Error(text), { code });
      return (
        !isStoreUnavailable(foreign) &&
        storeCodeOf(foreign) === '' &&
        toProblem(foreign).code === 'internal_error' &&
        toProblem(new Error('outer', { cause: markStoreError(withCode(code)) })).code === 'internal_error'
      );
    }),
  );
});

t.test('marked, the same codes say what they say', async (t) => {
  for (const code of codes) {
    const absence = !code.startsWith('2') || code === '25P03';
    t.equal(isStoreUnavailable(markStoreError(withCode(code))), absence, code);
    if (absence) t.equal(toProblem(markStoreError(withCode(code))).code, 'store_unavailable');
  }
});

t.test('errors of a connection that cannot be made', async (t) => {
  const pool = open('postgres://127.0.0.1:1/x');
  t.teardown(() => pool.end());
  for (const work of [pool.query('SELECT 1'), pool.connect(), transaction(pool, async () => {})]) {
    const error = await thrownBy(work);
    t.ok(isStoreUnavailable(error), String(error));
  }
});

t.test('errors of a connection that is lost, and of statements', async (t) => {
  const url = await freshDatabase(t);
  const pool = open(url);
  const other = open(url);
  t.teardown(() => Promise.all([pool.end(), other.end()]));
  const kill = (pid: number) => other.query('SELECT pg_terminate_backend($1)', [pid]);
  const lost = async (work: (client: Client) => Promise<unknown>) => {
    const client: Client = await pool.connect();
    client.on('error', () => {});
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const failed = thrownBy(work(client));
    await kill(rows[0]!.pid);
    const error = await failed;
    client.release(true);
    return error;
  };
  t.ok(isStoreUnavailable(await lost((client) => client.query('SELECT pg_sleep(60)'))), 'while a query runs');
  t.ok(
    isStoreError(
      await lost(async (client) => {
        await once(client, 'end');
        await client.query('SELECT 1');
      }),
    ),
    'before one is sent',
  );
  const refused = await thrownBy(pool.query('SELECT 1/0'));
  t.same([isStoreError(refused), isStoreUnavailable(refused), storeCodeOf(refused)], [true, false, '22012']);
  const client: Client = await pool.connect();
  const copied = await thrownBy(copyIn(client, 'COPY nothing FROM STDIN (FORMAT binary)', Buffer.alloc(0)));
  client.release(true);
  t.same([isStoreError(copied), storeCodeOf(copied)], [true, '42P01'], 'of COPY, too');
});

t.test('errors of a server that says nothing', async (t) => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const pool = open(`postgres://127.0.0.1:${port}/x`);
  t.ok(isStoreUnavailable(await thrownBy(pool.query('SELECT 1'))));
  server.close();
  await pool.end();
});

t.test('errors of Fastify, and what only looks so', async (t) => {
  t.equal(toProblem(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE()).code, 'body_too_large');
  t.equal(toProblem(withCode('FST_ERR_CTP_BODY_TOO_LARGE')).code, 'internal_error');
  t.equal(
    toProblem(withCode('anything')).code,
    'internal_error',
    'a status does not make it the caller’s doing',
  );
});
