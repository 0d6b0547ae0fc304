/** The parts of an error that the log may contain. */
export interface ErrorDescription {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  /** For a registry's failure: the faulty part of its answer, in fixed words (`status 502`, `field MaXa`). */
  readonly detail?: string;
  /** The stack trace: functions, files and lines. */
  readonly stack?: string;
  /** PostgreSQL's fields without values. */
  readonly severity?: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly cause?: ErrorDescription;
}

/** The gateway's own error classes, whose messages are fixed words. */
const OUR_ERRORS: ReadonlySet<string> = new Set(['Problem', 'UpstreamError', 'ConfigError', 'CatalogError']);

/** Messages of libraries that are fixed words. */
const FIXED_MESSAGE =
  /^(Connection terminated|Client was closed|Client has encountered a connection error|timeout exceeded when trying to connect|PostgreSQL did not answer in time|evidence was not committed in time|too many evidence entries wait|the evidence log is closed)/;

const MAX_CAUSES = 3;

/** Name, code, stack, and the message only where it cannot contain a value. Never throws. */
export function describeError(error: unknown): ErrorDescription {
  return describe(error, true, 0);
}

/** The same without the stack, which says nothing about a dependency that is down. */
export function describeCause(error: unknown): ErrorDescription {
  return describe(error, false, 0);
}

/** Types and codes down to the first cause, as text: errors with different texts have different reasons. */
export function reasonOf(error: unknown): string {
  const words: (string | undefined)[] = [];
  for (let next: ErrorDescription | undefined = describeCause(error); next; next = next.cause) {
    words.push(next.code ?? next.message ?? next.type, next.detail);
  }
  return words.join(' ');
}

function describe(error: unknown, withStack: boolean, depth: number): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, severity, table, constraint, cause } = error as Error & Record<string, unknown>;
  // The cause of an adapter's error is fixed words when it is text (adapters/adapter.ts).
  const detail = error.name === 'UpstreamError' && isText(cause) ? cause : undefined;
  const hasCause = cause !== undefined && detail === undefined && depth < MAX_CAUSES;
  return {
    type: error.name,
    ...(isText(code) && { code }),
    ...(hasFixedMessage(error) && { message: error.message }),
    ...(detail && { detail }),
    ...(withStack && isText(error.stack) && { stack: framesOf(error.stack, error.message) }),
    ...(isText(severity) && { severity }),
    ...(isText(table) && { table }),
    ...(isText(constraint) && { constraint }),
    ...(hasCause && { cause: describe(cause, withStack, depth + 1) }),
  };
}

function hasFixedMessage(error: Error): boolean {
  // Node's system errors: "connect ECONNREFUSED 127.0.0.1:5432".
  const isSystemError = 'syscall' in error && 'errno' in error;
  return OUR_ERRORS.has(error.name) || isSystemError || FIXED_MESSAGE.test(error.message);
}

/** A stack without its head, which contains the message, perhaps over several lines. */
function framesOf(stack: string, message: string): string {
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
