/**
 * A load balancer of TCP connections before the replicas: one address, each connection to the next replica that accepts it.
 * It does not read HTTP and repeats nothing; a client whose connection is cut has to try again.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LoadBalancer {
  readonly url: string;
  close(): Promise<void>;
}

/** @param ports of the replicas on this machine, at the time of asking */
export async function openLoadBalancer(port: number, ports: () => readonly number[]): Promise<LoadBalancer> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer((outside) => {
    open.add(outside);
    outside.on('error', () => outside.destroy());
    outside.once('close', () => open.delete(outside));
    const choices = ports();
    turn += 1;
    void lead(
      outside,
      choices.map((_, index) => choices[(turn + index) % choices.length]!),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Joins a connection to the first of `ports` that takes it. */
async function lead(outside: Socket, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const inside = connect(port, '127.0.0.1');
    const taken = await Promise.race([
      once(inside, 'connect').then(
        () => true,
        () => false,
      ),
      once(outside, 'close').then(() => false),
    ]);
    if (!taken || outside.destroyed) {
      inside.destroy();
      continue;
    }
    inside.on('error', () => outside.destroy());
    inside.once('close', () => outside.destroy());
    outside.once('close', () => inside.destroy());
    outside.pipe(inside).pipe(outside);
    return;
  }
  outside.destroy();
}
