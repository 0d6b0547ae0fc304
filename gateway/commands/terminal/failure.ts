/** Presents an error that ends a command: one line for people, and the exit status for programs. */
import { CommandError, exitStatus } from './command.ts';

interface Failure {
  readonly message: string;
  readonly status: number;
}

/** Errors with messages for people, by name, so that no command has to load their classes. */
const statuses: Readonly<Record<string, number>> = {
  TokenError: exitStatus.refused,
  NoGatewayError: exitStatus.unreachable,
  CatalogError: exitStatus.badInput,
  ConfigError: exitStatus.badInput,
  PermissionError: exitStatus.badInput,
  SandboxError: exitStatus.badInput,
};

/** Errors of the system that mean that no server answers. */
const unreachable = /^(ECONN(REFUSED|RESET|ABORTED)|E(HOST|NET)UNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE)$/;

/** @returns the line to show, and the exit status */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) return { message: error.message, status: error.status };
  if (!(error instanceof Error))
    return { message: `internal error: ${String(error)}`, status: exitStatus.fault };
  const status = statuses[error.name];
  if (status !== undefined) return { message: error.message, status };
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const place = port === undefined ? '' : ` at ${address ?? ''}:${port}`;
  if (code !== undefined && unreachable.test(code)) {
    return { message: `nobody answers${place} (${code})`, status: exitStatus.unreachable };
  }
  if (code === 'EADDRINUSE') {
    return { message: `the port is in use${place} (EADDRINUSE)`, status: exitStatus.badInput };
  }
  const [line] = error.message.split('\n');
  return { message: `internal error: ${line} (--stack shows where)`, status: exitStatus.fault };
}
