/** The example program, as an agency runs it beside a database of its own, and the sandbox that it copies from. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import { digestOf } from '../../support/copy.ts';
import { freshDatabase } from '../../support/database.ts';
import { startNode, type TestProcess } from '../../support/process.ts';
import { ROOT, type Sandbox, startSandbox } from './sandbox.ts';
import { until } from './until.ts';

/** One system with little of Đà Nẵng's parcels. */
const CLIENT = 'H26.motcua';
const AGREEMENT = {
  agreement: 'TT-2026-H26-90',
  title: { vi: 'Bản sao thửa đất', en: 'A copy of parcels' },
  consumer: CLIENT,
  purposes: ['thong-ke'],
  legalBasis: ['Nghị định 278/2025/NĐ-CP'],
  validFrom: '2026-01-01',
  validUntil: '2099-12-31',
  requiredHeaders: [],
  scope: { provinceCode: ['48'] },
  streams: [
    {
      stream: 'land.changes.read',
      entity: 'parcel',
      fields: ['/communeCode', '/mapSheet', '/parcelNumber', '/owners/*/fullName', '/owners/*/sharePercent'],
    },
  ],
};
const PARCELS = 10_000;

/** A sandbox in which such an agreement is, and much changes. */
export async function startCopySandbox(
  t: Test,
  env: Readonly<Record<string, string>> = {},
): Promise<Sandbox> {
  const contracts = await mkdtemp(join(tmpdir(), 'lienthong-contracts-'));
  t.teardown(() => rm(contracts, { recursive: true, force: true }));
  await cp(join(ROOT, 'contracts'), contracts, { recursive: true });
  await writeFile(join(contracts, 'agreements', 'copy.yaml'), JSON.stringify(AGREEMENT));
  return startSandbox(t, { trickle: 0.2, env: { CONTRACTS_DIR: contracts, ...env } });
}

export interface Keeping {
  /** Starts the program; it goes on where it was. */
  start(): TestProcess;
  query<Row extends object>(text: string): Promise<Row[]>;
  /** Resolves when the table's digest, computed here, is the gateway's. */
  agrees(): Promise<void>;
}

/** @param more options of the program */
export async function keepACopy(t: Test, sandbox: Sandbox, more: readonly string[]): Promise<Keeping> {
  const database = await freshDatabase(t);
  const pool = new pg.Pool({ connectionString: database, max: 2 });
  pool.on('error', () => {});
  t.teardown(() => pool.end());
  const query: Keeping['query'] = async (text) => (await pool.query(text)).rows;
  const options = [
    ...['--registry', 'land', '--entity', 'parcel', '--gateway', sandbox.url, '--client', CLIENT],
    ...['--key', join(sandbox.dataDir, 'keys', `${CLIENT}.jwk.json`), '--database', database],
    ...['--check-seconds', '1', ...more],
  ];
  return {
    start: () => startNode(t, [join(ROOT, 'docs/examples/keep-a-copy.ts'), ...options]),
    query,
    async agrees() {
      await until('the copy is what the gateway says', async () => {
        await wait(500);
        const { status, body } = await sandbox.call({ as: CLIENT, path: '/v1/land/digest/parcel' });
        if (status !== 200) return false;
        const rows = await query<{ subject: string; state: unknown }>(
          'SELECT subject, state FROM copy WHERE state IS NOT NULL',
        );
        return rows.length === PARCELS && digestOf(rows) === body.data[0].hash;
      });
    },
  };
}

/** What both ways of following must stand: kills in the middle, changes meanwhile, a table that somebody spoiled. */
export async function testKeeping(t: Test, sandbox: Sandbox, more: readonly string[]): Promise<Keeping> {
  const keeping = await keepACopy(t, sandbox, more);
  const { start, query, agrees } = keeping;
  const countRows = async () => {
    const [row] = await query<{ n: string }>('SELECT count(*) AS n FROM copy').catch(() => []);
    return Number(row?.n ?? 0);
  };

  await t.test('it starts; killed in the middle of the snapshot, it goes on', async (t) => {
    const first = start();
    await until('the first rows came', async () => (await countRows()) > 0);
    await first.end('SIGKILL');
    const before = await countRows();
    t.ok(before < PARCELS, `${before} rows`);
    const [progress] = await query<{ following: boolean; snapshot_next: string }>(
      'SELECT * FROM copy_progress',
    );
    t.match(progress, { following: false, snapshot_next: /./ });
    const second = start();
    await second.line(/"event":"snapshot"/, 120_000);
    t.equal(await countRows(), PARCELS);
    await second.line(/"event":"checked"/, 120_000);
    t.notMatch(second.output, '"event":"failed"');
    await second.end('SIGTERM');
  });

  await t.test('killed while it follows, it misses nothing', async (t) => {
    const before = await query<{ n: string }>('SELECT sum(version) AS n FROM copy');
    const running = start();
    await until('a change was applied', async () => {
      const [now] = await query<{ n: string }>('SELECT sum(version) AS n FROM copy');
      return Number(now!.n) > Number(before[0]!.n);
    });
    await running.end('SIGKILL');
    const again = start();
    await again.line(/"event":"checked".*"equal":true/, 120_000);
    await agrees();
    t.notMatch(again.output, /"event":"(start-again|failed|repaired)"/, 'by changes alone');
    await again.end('SIGTERM');
  });

  await t.test('a table that somebody spoiled is repaired, and only where it was', async (t) => {
    await query(`UPDATE copy SET state = state || '{"parcelNumber": "999"}' WHERE subject IN
                   (SELECT subject FROM copy ORDER BY subject LIMIT 1)`);
    await query(`UPDATE copy SET version = 4711, state = '{}' WHERE subject IN
                   (SELECT subject FROM copy ORDER BY subject OFFSET 5000 LIMIT 2)`);
    await query(
      'DELETE FROM copy WHERE subject IN (SELECT subject FROM copy ORDER BY subject OFFSET 9000 LIMIT 3)',
    );
    await query(`INSERT INTO copy (stream, subject, version, state) VALUES
                   ('land/parcel', '${'0'.repeat(32)}', 1, '{"communeCode": "20242"}')`);
    const running = start();
    await running.line(/"event":"differs".*"ranges":[1-9]\b/, 120_000);
    await running.line(/"event":"repaired"/, 120_000);
    await running.line(/"event":"checked".*"equal":true/, 120_000);
    t.notMatch(running.output, '"event":"snapshot"', 'without getting everything again');
    await agrees();
    const [spoiled] = await query<{ n: string }>('SELECT count(*) AS n FROM copy WHERE version = 4711');
    t.equal(spoiled!.n, '0');
    await running.end('SIGTERM');
  });

  await t.test('rows that the table does not take are set aside, and the copy goes on', async (t) => {
    const waiting = async () => {
      const [row] = await query<{ n: string }>('SELECT count(*) AS n FROM copy_aside').catch(() => []);
      return Number(row?.n ?? 0);
    };
    // Of what changes from now on, most.
    await query(`ALTER TABLE copy ADD CONSTRAINT unwanted CHECK (subject < '8') NOT VALID`);
    const running = start();
    await running.line(/"event":"set-aside"/, 120_000);
    await until('more is set aside', async () => (await waiting()) > 3);
    await running.line(/"event":"aside","rows":/, 120_000);
    const from = running.output.length;
    await until('the copy is checked with them', () =>
      /"event":"checked".*"equal":true/.test(running.output.slice(from)),
    );
    await query('ALTER TABLE copy DROP CONSTRAINT unwanted');
    await until('the table has them', async () => (await waiting()) === 0);
    await agrees();
    t.notMatch(running.output, /"event":"(start-again|failed|repaired)"/);
    await running.end('SIGTERM');
  });
  return keeping;
}

/** @param spoil makes it look as if a number were missing */
export async function testGap(t: Test, { start, query }: Keeping, spoil: string): Promise<void> {
  await t.test('a gap is noticed, and the copy begun again', async (t) => {
    await query(spoil);
    const running = start();
    await running.line(/"event":"start-again","why":"Error: gap"/, 120_000);
    await running.line(/"event":"snapshot"/, 120_000);
    await running.line(/"event":"checked".*"equal":true/, 120_000);
    t.match(await running.end('SIGTERM'), { code: 0 }, 'ends in good order');
  });
}
