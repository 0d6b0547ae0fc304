import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { openPool } from '../../../gateway/store/pool.ts';
import { ownPostgres } from '../../support/database.ts';
import { entry, migratedPool, opened, total } from './support.ts';

t.test('while PostgreSQL is down entries are refused; when it is back they are stored', async (t) => {
  const server = await ownPostgres(t);
  const pool = await migratedPool(t, server.url);
  const { evidence, metrics, lines } = opened(t, pool);
  await evidence.append(entry({ requestId: 'before' }));

  await server.halt();
  const refused = await Promise.allSettled([evidence.append(entry()), evidence.append(entry())]);
  t.same(
    refused.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await t.rejects(evidence.append(entry()));
  t.ok((await total(metrics.evidenceFailures)) >= 2);

  await server.start();
  await evidence.append(entry({ requestId: 'after' }));
  const { rows } = await pool.query('SELECT request_id FROM evidence ORDER BY at');
  t.same(rows, [{ request_id: 'before' }, { request_id: 'after' }]);
  const messages = lines.map((line) => JSON.parse(line).msg);
  t.same(messages, ['evidence cannot be committed', 'evidence is committed again'], 'one line each');
});

t.test('a connection lost between two groups is replaced, and no caller notices', async (t) => {
  const server = await ownPostgres(t);
  const pool = await migratedPool(t, server.url);
  const { evidence } = opened(t, pool);
  await evidence.append(entry());
  await server.restart();
  await evidence.append(entry());
  const { rows } = await pool.query('SELECT count(*) FROM evidence');
  t.same(rows, [{ count: 2 }]);
});

t.test('a crash in the middle loses nothing that was acknowledged, and stores nothing twice', async (t) => {
  const server = await ownPostgres(t);
  const pool = await migratedPool(t, server.url);
  const { evidence } = opened(t, pool);
  await evidence.append(entry({ requestId: 'first' }));
  const acknowledged = new Set(['first']);
  const appending = Array.from({ length: 2000 }, async (_, i) => {
    const requestId = `r-${i}`;
    try {
      await evidence.append(entry({ requestId, response: 'x'.repeat(2000) }));
      acknowledged.add(requestId);
    } catch {}
  });
  await server.kill();
  await Promise.all(appending);
  await server.start();
  const { rows } = await pool.query('SELECT request_id, count(*) AS copies FROM evidence GROUP BY 1');
  const stored = new Map(rows.map((row) => [row.request_id, row.copies]));
  t.same(
    [...acknowledged].filter((id) => !stored.has(id)),
    [],
  );
  t.same(
    rows.filter(({ copies }) => copies > 1),
    [],
  );
});

/** The fault that meets the next group: lost before it reached PostgreSQL, or committed and never acknowledged. */
type Fault = 'request lost' | 'acknowledgement lost';

/** A way to PostgreSQL on which one fault can be prepared. */
async function unreliableWay(t: Pick<Test, 'teardown'>, to: URL) {
  let next: Fault | undefined;
  let met = 0;
  const take = (fault: Fault) => {
    const meets = next === fault;
    if (meets) {
      next = undefined;
      met++;
    }
    return meets;
  };
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (bytes) => (take('request lost') ? end() : upstream.write(bytes)));
    upstream.on('data', (bytes: Buffer) => {
      const isReadyForQuery = bytes.subarray(-6, -1).equals(Buffer.from('Z\0\0\0\x05'));
      if (isReadyForQuery && take('acknowledgement lost')) end();
      else client.write(bytes);
    });
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = new URL(to);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    prepare(fault: Fault) {
      next = fault;
    },
    /** How many faults have met a group. */
    met: () => met,
  };
}

for (const fault of ['request lost', 'acknowledgement lost'] as const) {
  t.test(`${fault}: the group is sent again, and stored once`, async (t) => {
    const direct = await migratedPool(t);
    const way = await unreliableWay(t, new URL(String(direct.options.connectionString)));
    const pool = openPool({ url: way.url, name: 'test', max: 4, onIdleError: () => {} });
    t.teardown(() => pool.end());
    const { evidence, metrics } = opened(t, pool);
    await evidence.append(entry({ requestId: 'r-0' }));
    way.prepare(fault);
    await Promise.all([1, 2, 3].map((i) => evidence.append(entry({ requestId: `r-${i}` }))));
    const { rows } = await direct.query('SELECT request_id, count(*) FROM evidence GROUP BY 1 ORDER BY 1');
    t.equal(way.met(), 1, 'the fault has met a group');
    t.same(
      rows,
      [0, 1, 2, 3].map((i) => ({ request_id: `r-${i}`, count: 1 })),
    );
    t.equal(await total(metrics.evidenceFailures), 0);
  });
}

t.test('a server that does not answer makes nobody wait longer than the time limit', async (t) => {
  const server = await ownPostgres(t);
  const pool = await migratedPool(t, server.url);
  const { evidence } = opened(t, pool, { timeout: 1000 });
  // On a busy machine the limit may be too short for a server that does answer.
  const appendAtLast = async () => {
    while (
      !(await evidence.append(entry()).then(
        () => true,
        () => false,
      ))
    );
  };
  await appendAtLast();
  const backends = await pool.query('SELECT pid FROM pg_stat_activity WHERE datname = current_database()');
  const pids: number[] = [server.pid!, ...backends.rows.map(({ pid }) => pid)];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await t.rejects(evidence.append(entry()), /in time/);
    await t.rejects(evidence.append(entry()), /in time/);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  await appendAtLast();
  t.pass('and it goes on when the server does');
});

t.test('beyond the bound entries are refused at once', async (t) => {
  const pool = await migratedPool(t);
  const { evidence, metrics } = opened(t, pool, { maxWaiting: 100 });
  const results = await Promise.allSettled(Array.from({ length: 150 }, () => evidence.append(entry())));
  const refused = results.filter(({ status }) => status === 'rejected');
  t.equal(refused.length, 50);
  t.match(refused[0], { reason: /too many/ });
  t.equal(await total(metrics.evidenceFailures), 50);
  t.same((await pool.query('SELECT count(*) FROM evidence')).rows, [{ count: 100 }]);
  await t.resolves(evidence.append(entry()), 'and when they are committed there is room again');
});
