import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Test } from 'tap';
import { asGateway } from '../../../deploy/sandbox/postgres/gateway-role.ts';
import type { FieldSet } from '../../../gateway/catalog/catalog.ts';
import { undeclared } from '../../../gateway/circumstances/recorded-circumstances.ts';
import type { EvidenceEntry } from '../../../gateway/evidence/evidence.ts';
import { type EvidenceOptions, openEvidence } from '../../../gateway/evidence/open.ts';
import { openPool, type Pool } from '../../../gateway/store/pool.ts';
import { deriveSecrets } from '../../../gateway/store/secrets.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { createMetrics } from '../../../gateway/telemetry/metrics.ts';
import { freshDatabase } from '../../support/database.ts';

export const secrets = deriveSecrets(Buffer.alloc(32, 7));

/** A pool on a database with every migration, as the gateway's role. */
export async function migratedPool(t: Pick<Test, 'teardown'>, url?: string): Promise<Pool> {
  return opensPool(t, await asGateway(url ?? (await freshDatabase(t))));
}

/** Two pools on one database: as its owner, and as the gateway's role. */
export async function twoPools(t: Pick<Test, 'teardown'>): Promise<{ owner: Pool; pool: Pool }> {
  const url = await freshDatabase(t);
  const pool = await migratedPool(t, url);
  return { owner: opensPool(t, url), pool };
}

function opensPool(t: Pick<Test, 'teardown'>, url: string): Pool {
  const pool = openPool({ url, name: 'test', max: 10, onIdleError: () => {} });
  t.teardown(() => pool.end());
  return pool;
}

/** A log that keeps its lines. */
export function keptLog() {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: createLog('trace', destination), lines };
}

export function opened(t: Pick<Test, 'teardown'>, pool: Pool, options: Partial<EvidenceOptions> = {}) {
  const metrics = createMetrics();
  const { log, lines } = keptLog();
  const evidence = openEvidence({ pool, secrets, metrics, log, ...options });
  t.teardown(() => evidence.close());
  return { evidence, metrics, lines };
}

export function fieldSet(disclosed: string[], withheld: string[]): FieldSet {
  const digest = createHash('sha256')
    .update(JSON.stringify([disclosed, withheld]))
    .digest('hex');
  return { digest, disclosed, withheld };
}

export function entry(over: Partial<EvidenceEntry> = {}): EvidenceEntry {
  return {
    requestId: 'r-1',
    kind: 'disclosure',
    agency: 'H26',
    system: 'H26.motcua',
    keyThumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    tokenId: 'b7a7c1de-1111-4222-8333-444455556666',
    agreement: 'TT-2026-H26-01',
    ...undeclared,
    purpose: 'dich-vu-cong',
    legalBasis: ['Nghị định 278/2025/NĐ-CP', 'Luật 91/2025/QH15'],
    caseId: 'H26.01-251122-0001',
    officerId: 'cb-17',
    service: 'population.person.lookup@1',
    subjects: [],
    fields: fieldSet(['/fullName'], ['/religion']),
    status: 200,
    code: undefined,
    request: undefined,
    response: undefined,
    ...over,
  };
}

/** A counter's value, summed over its labels. */
export async function total(metric: { get(): Promise<{ values: { value: number }[] }> }): Promise<number> {
  return (await metric.get()).values.reduce((sum, { value }) => sum + value, 0);
}
