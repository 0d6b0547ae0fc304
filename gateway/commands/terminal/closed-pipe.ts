/**
 * Handles output that cannot be written. Its reader may have closed the pipe (`| head`): Node ignores SIGPIPE, which ends other
 * programs, and reports EPIPE. Or the disk is full (`> FILE`): the command reports that, and its status shows that the output is
 * incomplete.
 */
import { exitStatus } from './command.ts';

let isWatched = false;

/** @param serves the command continues, since its output is not its purpose */
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
    // No output is left for a message.
    if (!serves) process.exit(error.code === 'EPIPE' ? exitStatus.closedPipe : exitStatus.outputLost);
  });
}
