/** Pollers on a real PostgreSQL, before the simulated business registry, all under one clock of the test's own. */
import type { Test } from 'tap';
import type { ChangesSince } from '../../../../adapters/adapter.ts';
import { createBusinessAdapter } from '../../../../adapters/business/adapter.ts';
import { readEnterprise } from '../../../../adapters/business/mapping.ts';
import { allEnterprises } from '../../../../deploy/sandbox/registries/business/registry.ts';
import { renderEnterprise } from '../../../../deploy/sandbox/registries/business/render-enterprise.ts';
import { type RegistriesOptions, startRegistries } from '../../../../deploy/sandbox/registries/start.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import type { PushedChange } from '../../../../gateway/changes/change.ts';
import { appendChanges, ensureStreams } from '../../../../gateway/changes/intake/append.ts';
import { checkBatch } from '../../../../gateway/changes/intake/check.ts';
import type { PollSource } from '../../../../gateway/changes/sources/poll.ts';
import { createPollers } from '../../../../gateway/changes/sources/pollers.ts';
import { type Pool, transaction } from '../../../../gateway/store/pool.ts';
import { createMetrics } from '../../../../gateway/telemetry/metrics.ts';
import { recordingObserver } from '../../../adapters/support/observer.ts';
import { packageDirectories } from '../../../support/contracts.ts';
import { freshDatabase } from '../../../support/database.ts';
import { log, storeOf } from '../support.ts';

export const MINUTE = 60_000;
export const codes = allEnterprises().map(({ code }) => code);
export const at = (text: string) => Date.parse(`${text}+07:00`);

const catalog = await loadCatalog(packageDirectories);
const stream = catalog.streams.get('business.changes.read')!;

export interface PollerParts {
  /** Instead of the store's own. */
  readonly pool?: Pool;
  /** Instead of the business registry alone. */
  readonly sources?: readonly PollSource[];
  readonly changesSince?: ChangesSince;
  readonly callsPerSecond?: number;
}

export interface RefusedRow {
  readonly subject: string;
  readonly version: number;
  readonly reference: string | null;
  readonly reason: string;
  readonly places: readonly string[];
  readonly times: number;
  readonly settled: boolean;
}

/** @param begin in Việt Nam's time */
export async function open(
  t: Test,
  begin: string,
  options: { readonly url?: string; readonly registries?: RegistriesOptions } = {},
) {
  const clock = { now: at(begin) };
  const pool = await storeOf(t, options.url ?? (await freshDatabase(t)));
  await ensureStreams(pool, ['business']);
  const running = await startRegistries({ ...options.registries, now: () => clock.now });
  t.teardown(() => running.close());
  const adapter = createBusinessAdapter(running.business, {
    maxConnections: 8,
    maxResponseBytes: 1_000_000,
    observer: recordingObserver(),
    breaker: { openFor: 50 },
  });
  t.teardown(() => adapter.close());
  const changesSince = adapter.changesSince!;
  const registry = running.registries.business;

  return {
    clock,
    pool,
    running,
    registry,
    changesSince,
    control: (method: string, what: string, body?: object) =>
      fetch(`${running.control.business}/control/${what}`, {
        method,
        ...(body && { body: JSON.stringify(body) }),
      }).then((response) => response.text()),
    /** Starts a replica's pollers; they are closed with the test. */
    replica(parts: PollerParts = {}) {
      const metrics = createMetrics();
      const business = { registry: 'business', every: 20, changesSince: parts.changesSince ?? changesSince };
      const pollers = createPollers({
        pool: parts.pool ?? pool,
        catalog: () => catalog,
        sources: parts.sources ?? [business],
        metrics,
        log,
        now: () => clock.now,
        callsPerSecond: parts.callsPerSecond ?? 1_000_000,
      });
      pollers.start();
      t.teardown(() => pollers.close());
      return {
        ...pollers,
        /** The value of a metric of one registry. */
        async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
          const found = await metrics.register.getSingleMetric(`lienthong_${name}`)!.get();
          return found.values
            .filter(({ labels: own }) =>
              Object.entries({ registry: 'business', ...labels }).every(
                ([key, value]) => (own as Record<string, unknown>)[key] === value,
              ),
            )
            .reduce((sum, { value }) => sum + value, 0);
        },
      };
    },
    /** Has everything up to two minutes ago been read, by the clock of now? */
    async caughtUp(): Promise<boolean> {
      const { rows } = await pool.query<{ upTo: number; cursor: string }>(
        `SELECT (extract(epoch FROM read_up_to) * 1000)::float8 AS "upTo", cursor FROM poll_cursor WHERE read_up_to IS NOT NULL`,
      );
      const settled = clock.now - 2 * MINUTE;
      return rows[0]?.upTo === settled - (settled % MINUTE) && !rows[0].cursor.includes('"round"');
    },
    /** The changes in the outbox, in order. */
    async stored() {
      const { rows } = await pool.query<{
        position: number;
        subject: string;
        version: number;
        operation: string;
        occurredAt: string;
        changedFields: string[];
        superseded: boolean;
      }>(
        `SELECT position, subject, version, operation, occurred_at AS "occurredAt", changed_fields AS "changedFields",
                superseded FROM change ORDER BY position`,
      );
      return rows;
    },
    async refused(): Promise<RefusedRow[]> {
      const { rows } = await pool.query<RefusedRow>(
        `SELECT subject, version, reference, reason, places, times, settled_at IS NOT NULL AS settled
         FROM refused_change ORDER BY id`,
      );
      return rows;
    },
    /** Pushes the state that the registry has now, as its provider does. */
    async push(code: string, more: Partial<PushedChange> = {}, state: object = {}): Promise<void> {
      const enterprise = registry.find(code)!;
      const change: PushedChange = {
        entity: 'enterprise',
        subject: code,
        version: enterprise.changes,
        operation: 'updated',
        occurredAt: new Date(clock.now).toISOString(),
        changedFields: ['/charterCapital'],
        data: { ...readEnterprise(renderEnterprise(enterprise)), ...state },
        ...more,
      };
      await transaction(pool, (client) =>
        appendChanges(client, 'business', checkBatch(stream, { changes: [change] })),
      );
    },
  };
}
