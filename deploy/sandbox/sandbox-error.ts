/**
 * A fault that the user of the sandbox can repair: a port or a directory in use, a PostgreSQL that does not run here. The command
 * line shows the message alone (gateway/commands/terminal/failure.ts).
 */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}
