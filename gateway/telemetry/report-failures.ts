/**
 * Reports calls that fail for the same reason. While a registry or PostgreSQL is down, thousands of calls a minute may fail in
 * the same way: the log gets the first with its reason, then the number of the others in that minute. (Each call also has its own
 * line, `call`, with its outcome.)
 */
import { reasonOf } from './describe-error.ts';

export interface FailureReports {
  /**
   * @param what the line's text: the problem's code, or the failed operation
   * @param alike members that identify the kind of failure: each kind gets one line a minute
   */
  report(what: string, alike: Readonly<Record<string, unknown>>, cause: unknown, fields?: object): void;
}

/** The part of the log that is used. */
type Reporting = Readonly<Record<'warn' | 'error', (members: object, message: string) => void>>;

const MINUTE = 60_000;
/** Most kinds of failures that are distinguished within a minute; further ones share a line per text. */
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
