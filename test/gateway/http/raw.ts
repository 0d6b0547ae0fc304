import { connect, type Socket } from 'node:net';

/** The bytes that a connection returned. */
export interface Conversation {
  readonly text: string;
  /** Final answers (1xx are none), by their status lines. */
  readonly statuses: readonly number[];
  /** Did the gateway close the connection? Otherwise it was open when nothing more was expected, or waited for. */
  readonly closed: boolean;
}

interface Expected {
  /** Final answers after which the gateway may leave the connection open. By default it has to close it. */
  readonly answers?: number;
  readonly localAddress?: string;
}

/** Milliseconds in which an answer that nobody expects would follow the last one. */
const ONE_MORE = 400;
/** Milliseconds of silence while answers are missing: a busy machine needs some. Less than the gateway's limit for bodies. */
const PATIENCE = 20_000;

/**
 * Sends bytes as they are on a connection of their own, each part a write. Listens until the gateway closes it, or the expected
 * answers have come and no other.
 */
export function converse(
  url: string,
  parts: readonly (string | Buffer)[],
  { answers = Number.POSITIVE_INFINITY, localAddress }: Expected = {},
): Promise<Conversation> {
  const socket = open(url, localAddress);
  const { promise, resolve } = Promise.withResolvers<Conversation>();
  let text = '';
  let closed = false;
  let timer = setTimeout(() => socket.destroy(), PATIENCE);
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const missing = finalStatuses(text).length < answers;
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), missing ? PATIENCE : ONE_MORE);
  });
  socket.on('error', () => {
    closed = true; // refused bytes may come back as a reset
  });
  socket.on('end', () => {
    closed = true;
  });
  socket.on('close', () => {
    clearTimeout(timer);
    resolve({ text, statuses: finalStatuses(text), closed });
  });
  const send = async () => {
    for (const part of parts) {
      socket.write(part);
      // Each part a segment of its own, as near as can be.
      await new Promise((next) => setTimeout(next, 20));
    }
  };
  void send();
  return promise;
}

function finalStatuses(text: string): number[] {
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return statuses.filter((status) => status >= 200);
}

export function open(url: string, localAddress?: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ...(localAddress && { localAddress }) });
  socket.setNoDelay(true);
  return socket;
}
