/** The interface of a command file's export `command`, and the exit statuses. */
export interface Command {
  readonly usage: string;
  /** Does it serve until it is stopped with these arguments, even when the reader of its output has left? */
  serves?(args: readonly string[]): boolean;
  /** @returns the exit status @throws CommandError */
  run(args: string[]): Promise<number>;
}

/** The exit statuses of every command; docs/command-line.md lists the same. */
export const exitStatus = {
  /** Done; the answer is yes: allowed, verified, sound, nothing breaks. */
  done: 0,
  /** The answer is no: refused by the gateway or the registry, not verified, errors in a catalogue, a lost permission. */
  refused: 1,
  /** No request was made: an option, an argument, a file, the catalogue or the configuration cannot be used. */
  badInput: 2,
  /** The gateway, or PostgreSQL, does not answer, or not securely. */
  unreachable: 3,
  /** A fault of lienthong itself (sysexits' EX_SOFTWARE). */
  fault: 70,
  /** The result could not be written: no space left, or a failing device (sysexits' EX_IOERR). */
  outputLost: 74,
  /** The reader of the output has closed it, for which other programs die of SIGPIPE (128 + 13). */
  closedPipe: 141,
} as const;

type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** The reason why a command ends without its result; only the message is shown. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly status: ExitStatus;

  constructor(message: string, status: ExitStatus = exitStatus.badInput) {
    super(message);
    this.status = status;
  }
}
