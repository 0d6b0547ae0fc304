/**
 * Watches the gateway's dependencies: each check runs in the background, and probes are answered from the last
 * result, so that a storm of probes costs nothing.
 */
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** `off`: not configured. `unknown`: no statement is possible now, neither good nor bad. */
export type DependencyStatus = 'up' | 'down' | 'off' | 'unknown';

/** A status, its reason as a fixed word, and the affected parts of the dependency, if they have names. */
export interface Checked {
  readonly status: DependencyStatus;
  readonly reason?: string | undefined;
  readonly names?: readonly string[];
}

/** A check rejects with it when it knows the reason: a fixed word, for the readiness document. */
export class Down extends Error {
  override readonly name = 'Down';
  readonly reason: string;
  /** The parts that are down; empty: all of it. */
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
  /** Is the gateway unusable without it? */
  readonly required: boolean;
  /** Consecutive failures until it counts as down; 1 by default. */
  readonly patience?: number;
  /**
   * Another dependency through which this one is checked: when that one does not answer, this one is `unknown`, and not blamed.
   * `Down` is an answer.
   */
  readonly through?: string;
  /** A rejection is `down` (`Down`: with its reason), and so is a result that does not come in time. */
  check(): DependencyStatus | Checked | Promise<DependencyStatus | Checked>;
}

export interface Dependency {
  readonly name: string;
  readonly required: boolean;
  readonly status: DependencyStatus;
  /** `false` until the first check has ended. */
  readonly isChecked: boolean;
  /** The parts that are down; empty: all of it, or nothing. */
  readonly names: readonly string[];
  /** The reason why it is down or unknown, if there is one: a fixed word. */
  readonly reason?: string | undefined;
  /** Start of the present status, in milliseconds since the epoch. */
  readonly since: number;
}

export interface Dependencies {
  list(): readonly Dependency[];
  /** Checks all of them now; resolves when each has a result. Never rejects. Runs every second. */
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

/** The result of a check; `cause` is for the log. */
type Found = Checked & { readonly cause?: unknown };

interface Watched {
  readonly check: Check;
  failures: number;
  isChecked: boolean;
  now: Required<Pick<Checked, 'status' | 'names'>> & Pick<Checked, 'reason'>;
  since: number;
  /** The state in the log: neither `unknown` nor an initial `up` is logged. */
  reported: { readonly reason: string | undefined; readonly since: number } | undefined;
}

/**
 * Each dependency is in one of the states of `DependencyStatus`. The log gets one line when it goes down, with the reason, one
 * when the reason changes, and one when it is up again; not one for each failure.
 */
export function watchDependencies(options: DependenciesOptions): Dependencies {
  const { checks, metrics, log, timeLimit = 2000, now = Date.now } = options;
  const watched = checks.map(
    (check): Watched => ({
      ...{ check, failures: 0, isChecked: false, since: now(), reported: undefined },
      now: { status: 'unknown', names: [] },
    }),
  );

  async function look(dependency: Watched): Promise<void> {
    const { check } = dependency;
    const { cause, status, reason, names = [] } = await examine(check, timeLimit);
    dependency.failures = status === 'down' ? dependency.failures + 1 : 0;
    if (status === 'down' && dependency.failures < (check.patience ?? 1)) return;
    // Another reason does not change the time since when it is down.
    if (!dependency.isChecked || status !== dependency.now.status) dependency.since = now();
    dependency.isChecked = true;
    dependency.now = { status, reason, names };
    report(dependency, cause);
    if (status === 'off' || status === 'unknown') metrics.dependencyUp.remove({ dependency: check.name });
    else metrics.dependencyUp.set({ dependency: check.name }, status === 'up' ? 1 : 0);
  }

  function report(dependency: Watched, cause: unknown): void {
    const { check, reported, since } = dependency;
    const { status, reason, names } = dependency.now;
    const line = { dependency: check.name, reason, ...(names.length > 0 && { names }) };
    if (status === 'down') {
      if (!reported) log.error({ ...line, cause }, 'a dependency is down');
      else if (reported.reason !== reason)
        log.error({ ...line, cause }, 'a dependency is down for another reason');
      else return;
      dependency.reported = { reason, since: reported?.since ?? since };
    } else if (status === 'up' && reported) {
      const seconds = Math.round((now() - reported.since) / 1000);
      log.info({ dependency: check.name, seconds }, 'a dependency is up again');
      dependency.reported = undefined;
    }
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
      watched.map(({ check: { name, required }, isChecked, now: found, since }) => ({
        ...{ name, required, isChecked, since },
        ...found,
      })),
    check,
    async close() {
      clearInterval(timer);
      await checking;
    },
  };
}

async function examine(check: Check, timeLimit: number): Promise<Found> {
  try {
    const checked = await within(timeLimit, check.check());
    return typeof checked === 'string' ? { status: checked } : checked;
  } catch (cause) {
    if (check.through !== undefined && (cause instanceof Late || !(cause instanceof Down))) {
      return { status: 'unknown', reason: check.through };
    }
    const { reason, names } = cause instanceof Down ? cause : { reason: 'failing', names: [] };
    return { status: 'down', reason, names, cause: cause instanceof Down ? cause.cause : cause };
  }
}

/** The check's result did not come in time. */
class Late extends Down {}

async function within<T>(milliseconds: number, result: T | Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Late('no_answer')), milliseconds);
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
