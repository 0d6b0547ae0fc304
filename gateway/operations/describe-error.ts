/** What the log may tell of an error. */
export interface ErrorDescription {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  /** Where it was made: functions, files and lines. */
  readonly stack?: string;
  /** PostgreSQL's, without values. */
  readonly severity?: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly cause?: ErrorDescription;
}

/** Errors of ours, whose messages are fixed words. */
const OUR_ERRORS: ReadonlySet<string> = new Set(['Problem', 'UpstreamError', 'ConfigError', 'CatalogError']);

/** Messages of libraries, likewise. */
const FIXED_MESSAGE =
  /^(Connection terminated|Client was closed|Client has encountered a connection error|timeout exceeded when trying to connect|PostgreSQL did not answer in time|evidence was not committed in time|too many evidence entries wait|the evidence log is closed)/;

const MAX_CAUSES = 3;

/** Name, code, places, and a message only where it cannot carry a value. Never throws. */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, severity, table, constraint } = error as Error & Record<string, unknown>;
  const cause =
    error.cause !== undefined && depth < MAX_CAUSES ? describeError(error.cause, depth + 1) : undefined;
  return {
    type: error.name,
    ...(isText(code) && { code }),
    ...(hasFixedMessage(error) && { message: error.message }),
    ...(isText(error.stack) && { stack: places(error.stack, error.message) }),
    ...(isText(severity) && { severity }),
    ...(isText(table) && { table }),
    ...(isText(constraint) && { constraint }),
    ...(cause && { cause }),
  };
}

function hasFixedMessage(error: Error): boolean {
  // Node's system errors: "connect ECONNREFUSED 127.0.0.1:5432".
  const isSystemError = 'syscall' in error && 'errno' in error;
  return OUR_ERRORS.has(error.name) || isSystemError || FIXED_MESSAGE.test(error.message);
}

/** A stack without its head: the message stands there, and may have several lines. */
function places(stack: string, message: string): string {
  const head = message === '' ? -1 : stack.indexOf(message);
  return stack
    .slice(head < 0 ? 0 : head + message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join('\n');
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
