/**
 * Whoever reads our output may have had enough of it (`| head`). Node ignores SIGPIPE, which ends other programs there,
 * and reports EPIPE instead.
 */
import { exitStatus } from './command.ts';

let isWatched = false;

/** @param serves the command goes on: it does not live for what it prints */
export function endOnClosedPipe(serves: boolean): void {
  if (isWatched) return;
  isWatched = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!serves) process.exit(exitStatus.closedPipe);
    });
  }
}
