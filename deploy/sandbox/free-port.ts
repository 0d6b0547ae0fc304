import { createServer } from 'node:net';

// Below the ports that Linux (32768) and macOS (49152) lend to outgoing connections: a server that is
// stopped and started again finds its port still free, which a port handed out by the kernel is not.
const LOWEST = 20_000;
const HIGHEST = 32_000;

/**
 * A TCP port of `host` on which nothing listens now.
 *
 * Nothing reserves it: a server that finds it taken asks again.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await portIsFree(port, host)) return port;
  }
  throw new Error(`no free TCP port found on ${host} between ${LOWEST} and ${HIGHEST}`);
}

/** Whether nothing listens on `port` now. */
export function portIsFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createServer();
  probe.once('error', () => resolve(false));
  probe.listen(port, host, () => probe.close(() => resolve(true)));
  return promise;
}
