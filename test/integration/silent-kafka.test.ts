import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import t from 'tap';
import { spawnTestGateway, until } from '../support/gateway.ts';
import { push } from './support/changes.ts';

t.test(
  'a Kafka that takes connections and says nothing: changes are taken, and the gateway ends',
  async (t) => {
    let accepted = 0;
    const sockets = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      accepted += 1;
      sockets.add(socket);
      socket.on('error', () => {}).resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    const { port } = server.address() as AddressInfo;
    const gateway = await spawnTestGateway(t, {
      variables: { KAFKA_BROKERS: `127.0.0.1:${port}`, LOG_LEVEL: 'info' },
    });
    await push(gateway, 1);
    await until(() => accepted > 0);
    t.match((await gateway.operations('/health/ready')).body, {
      // Until its time is over nothing is known of it.
      dependencies: { kafka: { status: /^(unknown|down)$/ } },
    });
    t.match(await gateway.process.end('SIGTERM'), { code: 0, signal: null });
  },
);
