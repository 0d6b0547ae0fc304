/**
 * Watches what the gateway depends on: each check runs in the background, and whoever asks is answered from its last
 * result, so that a storm of probes costs nothing.
 */
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export type DependencyStatus = 'up' | 'down' | 'off';

/** A status, and what of the dependency it is about, if that has names. */
export interface Checked {
  readonly status: DependencyStatus;
  readonly names: readonly string[];
}

/** A check rejects with it where it knows why; in a fixed word, for the readiness document. */
export class Down extends Error {
  override readonly name = 'Down';
  readonly reason: string;
  /** What is down of it; empty: the whole. */
  readonly names: readonly string[];

  constructor(
    reason: string,
    { names = [], ...options }: ErrorOptions & { readonly names?: readonly string[] } = {},
  ) {
    super(reason, options);
    this.reason = reason;
    this.names = names;
  }
}

export interface Check {
  /** `postgresql`, `registry land/01`: in the readiness document, in the log, and a metric's label. */
  readonly name: string;
  /** Is the gateway of no use without it? */
  readonly required: boolean;
  /** Consecutive failures until it counts as down; 1 by default. */
  readonly patience?: number;
  /** `off`: not configured. A rejection (`Down`, with its reason) is `down`, and so is an answer that does not come in time. */
  check(): DependencyStatus | Checked | Promise<DependencyStatus | Checked>;
}

export interface Dependency {
  readonly name: string;
  readonly required: boolean;
  /** `unknown` until the first check has ended. */
  readonly status: DependencyStatus | 'unknown';
  /** What is down of it; empty: the whole, or nothing. */
  readonly names: readonly string[];
  /** Why it is down, where that is known: a fixed word. */
  readonly reason?: string | undefined;
  /** Since when, in milliseconds since the epoch. */
  readonly since: number;
}

export interface Dependencies {
  list(): readonly Dependency[];
  /** Checks all of them now; resolves when each has a result. Never rejects. Called every second by itself. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface DependenciesOptions {
  readonly checks: readonly Check[];
  readonly metrics: Pick<Metrics, 'dependencyUp'>;
  readonly log: Log;
  /** Milliseconds for one check; 2,000 by default. */
  readonly timeLimit?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const INTERVAL = 1000;

export function watchDependencies(options: DependenciesOptions): Dependencies {
  const { checks, metrics, log, timeLimit = 2000, now = Date.now } = options;
  const watched = checks.map((check) => ({
    check,
    failures: 0,
    status: 'unknown' as Dependency['status'],
    names: [] as readonly string[],
    reason: undefined as string | undefined,
    since: now(),
  }));

  async function look(dependency: (typeof watched)[number]): Promise<void> {
    const { check } = dependency;
    let status: DependencyStatus;
    let names: readonly string[] = [];
    let failure: unknown;
    try {
      const checked = await within(timeLimit, check.check());
      status = typeof checked === 'string' ? checked : checked.status;
      if (typeof checked !== 'string') names = checked.names;
    } catch (error) {
      status = 'down';
      failure = error;
      if (error instanceof Down) names = error.names;
    }
    dependency.failures = status === 'down' ? dependency.failures + 1 : 0;
    const patient = status === 'down' && dependency.failures < (check.patience ?? 1);
    if (patient) return;
    dependency.names = names;
    const reason = failure instanceof Down ? failure.reason : undefined;
    const isNews = status !== dependency.status;
    // Down for another reason than before: since when it is down stays.
    if (!isNews && reason !== dependency.reason)
      log.error({ err: failure, dependency: check.name }, 'a dependency is down for another reason');
    dependency.reason = reason;
    if (!isNews) return;
    if (status === 'down') log.error({ err: failure, dependency: check.name, names }, 'a dependency is down');
    else if (dependency.status === 'down') log.info({ dependency: check.name }, 'a dependency is up again');
    dependency.status = status;
    dependency.since = now();
    if (status === 'off') metrics.dependencyUp.remove({ dependency: check.name });
    else metrics.dependencyUp.set({ dependency: check.name }, status === 'up' ? 1 : 0);
  }

  let checking: Promise<void> | undefined;
  function check(): Promise<void> {
    checking ??= Promise.all(watched.map(look)).then(() => {
      checking = undefined;
    });
    return checking;
  }

  void check();
  const timer = setInterval(() => void check(), INTERVAL).unref();
  return {
    list: () =>
      watched.map(({ check, status, names, reason, since }) => ({
        name: check.name,
        required: check.required,
        status,
        names,
        reason,
        since,
      })),
    check,
    async close() {
      clearInterval(timer);
      await checking;
    },
  };
}

async function within<T>(milliseconds: number, result: T | Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Down('no_answer')), milliseconds);
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
