import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface SilentBroker {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: ReadonlySet<net.Socket>;
  /** How many connections it has taken. */
  accepted(): number;
}

/**
 * A broker that takes connections and answers nothing.
 * @param onRequest called with each piece that arrives, by a broker that answers something after all
 * @param options `allowHalfOpen`: it does not even end a connection that the other side has ended
 */
export async function silentBroker(
  t: Pick<Test, 'teardown'>,
  port = 0,
  onRequest: (socket: net.Socket, bytes: Buffer) => void = () => {},
  { allowHalfOpen = false }: Pick<net.ServerOpts, 'allowHalfOpen'> = {},
): Promise<SilentBroker> {
  const open = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer({ allowHalfOpen }, (socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.on('data', (bytes) => onRequest(socket, bytes as Buffer));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, open, accepted: () => accepted };
}
