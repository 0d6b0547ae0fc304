/**
 * CPU of this process for one entry of evidence, at 6,000 entries a second, and how large the groups were.
 *
 *     node test/bench/evidence.ts
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { startPostgres } from '../../deploy/sandbox/postgres/postgres.ts';
import { undeclared } from '../../gateway/circumstances/recorded-circumstances.ts';
import type { EvidenceEntry } from '../../gateway/evidence/evidence.ts';
import { openEvidence } from '../../gateway/evidence/open.ts';
import { openPool } from '../../gateway/store/pool.ts';
import { migrate } from '../../gateway/store/prepare/migrate.ts';
import { deriveSecrets } from '../../gateway/store/secrets.ts';
import { createMetrics } from '../../gateway/telemetry/metrics.ts';

const RATE = 6000;
const SECONDS = 5;

const server = await startPostgres({
  dataDir: await mkdtemp(join(tmpdir(), 'evidence-')),
  persistent: false,
});
const pool = openPool({ url: server.url, name: 'bench', max: 4, onIdleError: () => {} });
const entry: EvidenceEntry = {
  requestId: '0199f0c2-aaaa-7bbb-8ccc-ddddeeeeffff',
  kind: 'disclosure',
  agency: 'G12',
  system: 'G12.thue',
  keyThumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  tokenId: 'b7a7c1de-1111-4222-8333-444455556666',
  agreement: 'TT-2026-G12-01',
  ...{ ...undeclared, purpose: 'quan-ly-thue' },
  legalBasis: ['Nghị định 278/2025/NĐ-CP', 'Luật Quản lý thuế 38/2019/QH14'],
  service: 'business.enterprise.lookup@1',
  subjects: [],
  fields: { digest: createHash('sha256').update('x').digest('hex'), disclosed: ['/name'], withheld: [] },
  status: 200,
  code: undefined,
  request: 'GET /v1/business/enterprises/0312345678',
  response: JSON.stringify({ data: randomBytes(1000).toString('base64') }),
};
try {
  await migrate(pool);
  for (const [name, subjects] of [
    ['no subjects', []],
    ['two subjects', ['001090000011', '001190000012']],
  ] as const) {
    const metrics = createMetrics();
    const evidence = openEvidence({
      pool,
      secrets: deriveSecrets(Buffer.alloc(32, 7)),
      metrics,
      log: pino({ level: 'error' }),
    });
    const run = async (seconds: number, append: (entry: EvidenceEntry) => Promise<void>) => {
      const start = performance.now();
      const pending: Promise<void>[] = [];
      for (let sent = 0; sent < RATE * seconds; ) {
        const due = ((performance.now() - start) / 1000) * RATE;
        for (; sent < due; sent++) pending.push(append({ ...entry, subjects }));
        await wait(1);
      }
      await Promise.all(pending);
      return pending.length;
    };
    const measure = async (append: (entry: EvidenceEntry) => Promise<void>) => {
      await run(1, append);
      const before = process.cpuUsage();
      const entries = await run(SECONDS, append);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / entries;
    };
    const nothing = await measure(() => Promise.resolve());
    const all = await measure(evidence.append);
    const groups = (await metrics.evidenceCommitSeconds.get()).values.find((value) =>
      value.metricName?.endsWith('_count'),
    )!.value;
    console.log(
      `${name}: ${(all - nothing).toFixed(1)} µs of CPU an entry (${nothing.toFixed(1)} of the driver's own taken off),`,
      `${((RATE * (SECONDS + 1)) / groups).toFixed(1)} entries a group`,
    );
    await evidence.close();
  }
} finally {
  await pool.end();
  await server.stop();
}
