/** Closes all opened resources in reverse order, even if one of them fails. */
import type { Log } from '../telemetry/log.ts';

export interface Closing {
  /** @param name for the log, when `close` fails */
  onClose(name: string, close: () => unknown): void;
  /** May be called twice: the second call waits for the first. Never rejects. */
  close(): Promise<void>;
}

export function createClosing(log: Log): Closing {
  const closers: { readonly name: string; readonly close: () => unknown }[] = [];
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    for (const { name, close } of closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        log.error({ err: error, part: name }, 'a part did not close');
      }
    }
  }

  return {
    onClose: (name, close) => void closers.push({ name, close }),
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
