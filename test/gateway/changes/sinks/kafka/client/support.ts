/** Clients of kafkajs for tests of its faults: one that is not mended, in whose sockets nothing is left at the end. */
import net from 'node:net';
import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';
import type { Test } from 'tap';
import { clientConfig } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-client.ts';
import { log } from '../../../support.ts';
import { configOf } from '../support.ts';

/** The gateway's own settings, for a broker at a port of this machine. */
export const settingsAt = (port: number, more: Partial<KafkaConfig> = {}): KafkaConfig => ({
  ...clientConfig(configOf([`127.0.0.1:${port}`]), log),
  ...more,
});

/** kafkajs as it is installed, with the same settings. */
export function unmended(t: Pick<Test, 'teardown'>, port: number, more: Partial<KafkaConfig> = {}): Kafka {
  const sockets = new Set<net.Socket>();
  t.teardown(() => {
    for (const socket of sockets)
      socket.destroy(socket.writableEnded ? undefined : new Error('the test is over'));
  });
  return new kafkajs.Kafka({
    ...settingsAt(port, more),
    socketFactory({ host, port: at, onConnect }) {
      const socket = net.connect({ host, port: at }, onConnect);
      sockets.add(socket);
      return socket;
    },
  });
}

/** Has it settled within so many milliseconds? */
export async function settles(promise: Promise<unknown>, within: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(late.resolve, within, false);
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
