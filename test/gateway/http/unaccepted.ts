/** Callers that are gone before the gateway takes their connections: of their requests it can read all but the sender. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Work {
  readonly host: string;
  readonly port: number;
  readonly requests: readonly string[];
  /** Becomes 1. */
  readonly done: Int32Array;
}

const LIMIT = 20_000;

/**
 * Sends each of `requests` on a connection of its own and resets it, while this thread, and the gateway in it, stands
 * still: it finds all of them sent and reset when it goes on.
 */
export async function resetUnaccepted(url: string, requests: readonly string[]): Promise<void> {
  const worker = new Worker(new URL('./unaccepted.worker.ts', import.meta.url));
  try {
    await once(worker, 'online');
    const { hostname, port } = new URL(url);
    const done = new Int32Array(new SharedArrayBuffer(4));
    worker.postMessage({ host: hostname, port: Number(port), requests, done } satisfies Work);
    if (Atomics.wait(done, 0, 0, LIMIT) === 'timed-out')
      throw new Error('the thread did not come to its end');
  } finally {
    await worker.terminate();
  }
}
