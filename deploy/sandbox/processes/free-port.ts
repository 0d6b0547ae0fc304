import { createServer, type Server } from 'node:net';

// Below the ports that Linux (32768) and macOS (49152) use for outgoing connections: a server that is stopped and started again
// finds its port still free, unlike a port from the kernel.
const LOWEST = 20_000;
const HIGHEST = 32_000;

// Concurrent processes must not get the same port, however long they take to listen on it, or stop listening for. So each process
// has blocks of ports to itself, and reserves one by listening on its first port: the end of the process releases it.
const BLOCK = 40;
let held: number | undefined;
let given = 0;
let turn: Promise<unknown> = Promise.resolve();

/**
 * A TCP port of `host` on which nothing listens now. This function gives it to no other process as long as this one lives, and to
 * this process only once.
 *
 * Processes that do not use this function may still take it: a server that finds it taken asks again.
 */
export function freePort(host = '127.0.0.1'): Promise<number> {
  const found = turn.then(() => nextPort(host));
  turn = found.catch(() => {});
  return found;
}

async function nextPort(host: string): Promise<number> {
  for (;;) {
    if (held === undefined || given === BLOCK - 1) {
      held = await holdBlock();
      given = 0;
    }
    given++;
    if (await portIsFree(held + given, host)) return held + given;
  }
}

async function holdBlock(): Promise<number> {
  const blocks = Math.floor((HIGHEST - LOWEST) / BLOCK);
  const start = Math.floor(Math.random() * blocks);
  for (let step = 0; step < blocks; step++) {
    const first = LOWEST + ((start + step) % blocks) * BLOCK;
    const guard = await listen(first, '127.0.0.1');
    if (!guard) continue;
    guard.unref();
    return first;
  }
  throw new Error(`no free TCP ports found between ${LOWEST} and ${HIGHEST}`);
}

/** Does nothing listen on `port` now? */
export async function portIsFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const probe = await listen(port, host);
  if (!probe) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  probe.close(() => resolve(true));
  return promise;
}

/** Undefined where the port cannot be had. */
function listen(port: number, host: string): Promise<Server | undefined> {
  const { promise, resolve } = Promise.withResolvers<Server | undefined>();
  const server = createServer((socket) => socket.destroy());
  server.once('error', () => resolve(undefined));
  server.listen(port, host, () => resolve(server));
  return promise;
}
