/**
 * Log lines written in blocks: a system call for each line costs more than the rest of the log.
 *
 * Lines are gathered here and not in sonic-boom, which measures all that it has gathered (and so copies it) at every
 * line. A block is written synchronously: one that a thread was still writing when the process ended would be lost.
 */
import pino from 'pino';

/** Characters of a block. */
const BLOCK = 32_768;
/** Milliseconds that a line waits at most. */
const WAIT = 200;

/**
 * A destination for pino. What has been gathered is written after at most 200 ms, and when the process exits.
 * @param fd of the file that is written to
 */
export function writeBlocks(fd: number): pino.DestinationStream {
  const file = pino.destination({ dest: fd, sync: true });
  let block = '';
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (block === '') return;
    const text = block;
    block = '';
    file.write(text);
  }
  process.prependListener('exit', flush);

  return {
    write(line) {
      block += line;
      if (block.length >= BLOCK) flush();
      else timer ??= setTimeout(flush, WAIT).unref();
    },
  };
}
