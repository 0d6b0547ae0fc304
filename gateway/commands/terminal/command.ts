/** What a file of this folder exports as `command`, and how a command ends. */
export interface Command {
  readonly usage: string;
  /** Does it, with these arguments, serve until it is stopped, whoever reads what it prints? */
  serves?(args: readonly string[]): boolean;
  /** @returns the exit status @throws CommandError */
  run(args: string[]): Promise<number>;
}

/** The exit statuses of every command; docs/command-line.md lists the same. */
export const exitStatus = {
  /** Done; the answer is yes: allowed, verified, sound, nothing breaks. */
  done: 0,
  /** The answer is no: refused by the gateway or the registry, not verified, errors in a catalogue, somebody loses something. */
  refused: 1,
  /** Nothing was asked: an option, an argument, a file, the catalogue or the configuration cannot be used. */
  badInput: 2,
  /** Nobody answers, or not securely: the gateway, or PostgreSQL. */
  unreachable: 3,
  /** A fault of lienthong itself (sysexits' EX_SOFTWARE). */
  fault: 70,
  /** What was done could not be written: no room, or a device that fails (sysexits' EX_IOERR). */
  outputLost: 74,
  /** Whoever read the output has closed it: what SIGPIPE makes of other programs (128 + 13). */
  closedPipe: 141,
} as const;

type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** Why a command ends without having done what it was asked to; its message is all that is shown. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly status: ExitStatus;

  constructor(message: string, status: ExitStatus = exitStatus.badInput) {
    super(message);
    this.status = status;
  }
}
