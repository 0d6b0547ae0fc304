/** What a file of this folder exports as `command`. */
export interface Command {
  /** One line. */
  readonly summary: string;
  readonly usage: string;
  /** @returns the exit status @throws UsageError */
  run(args: string[]): Promise<number>;
}

/** A mistake of the person at the keyboard; its message is all that is shown. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
