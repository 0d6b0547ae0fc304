/**
 * Liveness and readiness, as documents.
 *
 * Readiness is 503 only when no call could be served: without a PostgreSQL that supports a call (`probe-store.ts`), while
 * the revocations are not known, without a signing key, and while draining. (Without a catalogue the gateway does not
 * start.) A failure of Kafka, of a registry, or of a part of PostgreSQL that only some calls need is 200, `degraded`, and named:
 * one dead registry, or one locked table, must not take every replica out of service. A dependency that is checked through
 * PostgreSQL is unknown, not down, while PostgreSQL is down.
 */
import type { Adapter } from '../../../adapters/adapter.ts';
import type { Changes } from '../../changes/changes.ts';
import type { Identity } from '../../identity/identity.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import {
  type Check,
  type Checked,
  type Dependencies,
  type Dependency,
  Down,
  watchDependencies,
} from './dependencies.ts';
import { createClassProbe, createStoreProbe, type ProbeParts } from './probe-store.ts';
import { stateOf } from './upstream-state.ts';

export interface Health {
  /** `/health/live`: the process runs. */
  live(): HealthAnswer;
  /** `/health/ready`: this replica should receive calls. From the last checks, at no cost. */
  ready(): HealthAnswer;
  /** From now on not ready: this replica should receive no more calls. */
  drain(): void;
  close(): Promise<void>;
}

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: HealthDocument;
}

export interface HealthDocument {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  /** `draining`: the reason, when it is no dependency. */
  readonly reason?: 'draining';
  /** By name. `since`: RFC 3339; `names`: the parts that are down, if they have names. */
  readonly dependencies?: Readonly<Record<string, DependencyDocument>>;
}

interface DependencyDocument extends Pick<Dependency, 'status' | 'reason'> {
  readonly since: string;
  readonly names?: readonly string[];
}

export interface HealthOptions extends ProbeParts {
  readonly revocations: Pick<RevocationCheck, 'fresh'>;
  readonly identity: Pick<Identity, 'health'>;
  readonly changes: Pick<Changes, 'checks' | 'polls'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  /** Milliseconds between probes of a registry; 0: never. */
  readonly probeEvery: number;
  readonly metrics: Pick<Metrics, 'dependencyUp'>;
  readonly log: Log;
}

export function createHealth(options: HealthOptions): Health {
  const { metrics, log } = options;
  return healthOf(watchDependencies({ checks: checksOf(options), metrics, log }));
}

/** Makes the documents from any dependencies. */
export function healthOf(dependencies: Dependencies): Health {
  let draining = false;
  return {
    live: () => ({ status: 200, body: { status: 'ok' } }),
    ready() {
      const list = dependencies.list();
      const named = {
        dependencies: Object.fromEntries(
          list.map(({ name, status, reason, names, since }) => [
            name,
            {
              status,
              ...(reason && { reason }),
              since: new Date(since).toISOString(),
              ...(names.length > 0 && { names }),
            },
          ]),
        ),
      };
      if (draining) return { status: 503, body: { status: 'unavailable', reason: 'draining', ...named } };
      if (list.some(({ required, status }) => required && (status === 'down' || status === 'unknown'))) {
        return { status: 503, body: { status: 'unavailable', ...named } };
      }
      const isDegraded = list.some(({ status, isChecked }) => status === 'down' || !isChecked);
      return { status: 200, body: { status: isDegraded ? 'degraded' : 'ok', ...named } };
    },
    drain() {
      draining = true;
    },
    close: () => dependencies.close(),
  };
}

function checksOf(options: HealthOptions): Check[] {
  const { pool, evidence, revocations, identity, changes, adapters, probeEvery } = options;
  return [
    {
      name: 'postgresql',
      required: true,
      // Under load a connection may be slow once; removing the replica for that would load the others more.
      patience: 2,
      check: createStoreProbe({ pool, evidence }),
    },
    {
      ...{ name: 'classes of calls', required: false, patience: 2, through: 'postgresql' },
      check: createClassProbe(pool),
    },
    {
      name: 'revocations',
      required: true,
      patience: 2,
      check: () => {
        if (!revocations.fresh()) throw new Down('revocations_unknown');
        return 'up';
      },
    },
    {
      name: 'signing keys',
      required: true,
      check: () => {
        if (!identity.health().ready) throw new Down('no_key');
        return 'up';
      },
    },
    ...changes.checks.map((check) => ({ ...check, required: false })),
    ...changes.polls.registries.map((registry) => ({
      ...{ name: `polling ${registry}`, required: false, through: 'postgresql' },
      check: () => changes.polls.status(registry),
    })),
    ...[...adapters.values()].flatMap((adapter) =>
      adapter.upstreams().map(({ name }) => ({
        name: `registry ${name}`,
        required: false,
        check: () => askUpstream(adapter, name, probeEvery),
      })),
    ),
  ];
}

function askUpstream(adapter: Adapter, upstream: string, probeEvery: number): Checked {
  const state = adapter.upstreams().find(({ name }) => name === upstream);
  return state ? stateOf(state, performance.now(), probeEvery) : { status: 'unknown' };
}
