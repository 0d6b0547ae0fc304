import type { Test } from 'tap';
import { asGateway } from '../../../deploy/sandbox/postgres/gateway-role.ts';
import type { Agreement } from '../../../gateway/catalog/catalog.ts';
import { openPool, type Pool } from '../../../gateway/store/pool.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { freshDatabase } from '../../support/database.ts';

export const log = createLog('silent');

/** A pool on a database with every migration, as the gateway's role. */
export async function migratedPool(t: Pick<Test, 'teardown'>, url?: string): Promise<Pool> {
  const pool = openPool({
    url: await asGateway(url ?? (await freshDatabase(t))),
    name: 'test',
    max: 10,
    onIdleError: () => {},
  });
  t.teardown(() => pool.end());
  return pool;
}

export function agreement(over: Partial<Agreement> = {}): Agreement {
  return {
    number: 'TT-2026-G12-01',
    title: { vi: 'Thỏa thuận', en: 'Agreement' },
    consumer: 'G12.thue',
    purposes: ['quan-ly-thue'],
    legalBasis: ['Luật Quản lý thuế 38/2019/QH14'],
    validFrom: 0,
    validUntil: Number.MAX_SAFE_INTEGER,
    requiredHeaders: [],
    signatures: { requests: 'optional', responses: 'on-request' },
    rate: undefined,
    quota: undefined,
    ...over,
  };
}
