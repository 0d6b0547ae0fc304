/**
 * What a command prints may not arrive. Whoever reads it may have had enough (`| head`): Node ignores SIGPIPE, which ends other
 * programs there, and reports EPIPE instead. Or there is no room for it (`> FILE` on a full disk): that is said, and the status
 * shows that what was printed is not whole.
 */
import { exitStatus } from './command.ts';

let isWatched = false;

/** @param serves the command goes on: it does not live for what it prints */
export function endOnClosedPipe(serves: boolean): void {
  if (isWatched) return;
  isWatched = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (serves) return;
    if (error.code === 'EPIPE') process.exit(exitStatus.closedPipe);
    console.error(
      `lienthong: its output cannot be written${error.code === undefined ? '' : ` (${error.code})`}`,
    );
    process.exit(exitStatus.outputLost);
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // There is nowhere left to say it.
    if (!serves) process.exit(error.code === 'EPIPE' ? exitStatus.closedPipe : exitStatus.outputLost);
  });
}
