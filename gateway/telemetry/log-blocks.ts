/**
 * Writes log lines in blocks: a system call for each line costs more than the rest of the log.
 *
 * The buffer is here and not in sonic-boom, which measures its whole buffer (and so copies it) at every
 * line. A block is written synchronously: a block in the hands of a thread would be lost when the process ends.
 */
import pino from 'pino';

/** Characters of a block. */
const BLOCK = 32_768;
/** Longest wait of a line, in milliseconds. */
const WAIT = 200;

/**
 * A destination for pino. Writes the buffer after at most 200 ms, and when the process exits.
 * @param fd of the file to write to
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
