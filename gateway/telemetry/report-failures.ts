/**
 * Calls that fail for the same reason. While a registry is away, or PostgreSQL, each of thousands of calls a minute fails in
 * the same way: the first is reported with its reason, and the others of that minute as a number. (Each call has its own line
 * too, `call`, with its outcome.)
 */
import { reasonOf } from './describe-error.ts';

export interface FailureReports {
  /**
   * @param what the line's text: the problem's code, or what failed
   * @param fields of the line. Of those that are the same in `alike` one is written a minute
   */
  report(what: string, alike: Readonly<Record<string, unknown>>, cause: unknown, fields?: object): void;
}

/** The log, as far as is needed. */
type Reporting = Readonly<Record<'warn' | 'error', (members: object, message: string) => void>>;

const MINUTE = 60_000;
/** Kinds of failures within a minute that are told apart; what is more is told apart by its text alone. */
const MOST_KINDS = 200;

interface Kind {
  repeated: number;
}

interface ReportOptions {
  readonly level?: 'warn' | 'error';
  /** Milliseconds; tests shorten it. */
  readonly every?: number;
}

export function reportFailures(
  log: Reporting,
  { level = 'error', every = MINUTE }: ReportOptions = {},
): FailureReports {
  const kinds = new Map<string, Kind>();
  return {
    report(what, alike, cause, fields) {
      const own = `${what} ${JSON.stringify(alike)} ${reasonOf(cause)}`;
      const key = kinds.size < MOST_KINDS || kinds.has(own) ? own : what;
      const known = kinds.get(key);
      if (known) {
        known.repeated += 1;
        return;
      }
      log[level]({ ...fields, ...alike, ...(cause !== undefined && { cause }) }, what);
      const kind: Kind = { repeated: 0 };
      kinds.set(key, kind);
      setTimeout(() => {
        kinds.delete(key);
        if (kind.repeated > 0) log[level]({ ...alike, repeated: kind.repeated }, what);
      }, every).unref();
    },
  };
}
