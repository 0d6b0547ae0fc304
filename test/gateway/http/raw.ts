import { connect, type Socket } from 'node:net';

/** The bytes that a connection returned. */
export interface Conversation {
  readonly text: string;
  /** Final answers (1xx are none), by their status lines. */
  readonly statuses: readonly number[];
  /** Did the gateway close the connection? Otherwise it was still open when nothing came any more. */
  readonly closed: boolean;
}

/** Milliseconds of silence after which a connection that stays open has said what it has to say. */
const SILENCE = 400;

/** Sends bytes as they are on a connection of their own, each part a write, and listens until nothing more comes. */
export function converse(
  url: string,
  parts: readonly (string | Buffer)[],
  { localAddress, silence = SILENCE }: { readonly localAddress?: string; readonly silence?: number } = {},
): Promise<Conversation> {
  const socket = open(url, localAddress);
  const { promise, resolve } = Promise.withResolvers<Conversation>();
  const chunks: Buffer[] = [];
  let closed = false;
  const timer = setTimeout(() => socket.destroy(), silence);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    timer.refresh();
  });
  socket.on('error', () => {
    closed = true; // refused bytes may come back as a reset
  });
  socket.on('end', () => {
    closed = true;
  });
  socket.on('close', () => {
    clearTimeout(timer);
    const text = Buffer.concat(chunks).toString('latin1');
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    resolve({ text, statuses: statuses.filter((status) => status >= 200), closed });
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

export function open(url: string, localAddress?: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ...(localAddress && { localAddress }) });
  socket.setNoDelay(true);
  return socket;
}
