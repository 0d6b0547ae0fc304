/**
 * One client of kafkajs (a producer, an admin) with sockets of its own, so that it can be given up.
 *
 * Promises of kafkajs may never settle (README.md, faults 4 to 6). So every call is bounded here, and a client whose call runs out of time
 * is abandoned: its sockets are destroyed, so that kafkajs fails the other calls and clears its timers, and it cannot open another
 * socket later.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { KafkaConfig as ClientConfig, ISocketFactoryArgs, Kafka } from 'kafkajs';
import type { Codec } from './codec.ts';
import { openKafkajs } from './kafkajs.ts';

/** A call that kafkajs did not settle in time, or whose client was given up meanwhile. */
export class KafkaSilent extends Error {
  override readonly name = 'KafkaSilent';
}

interface Client {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

export interface KafkaConnection<C extends Client> {
  /**
   * Connects, if that has not been done, and runs `work`.
   * @param within milliseconds for all of it
   * @throws KafkaSilent when that was not enough; the client is then abandoned
   */
  call<T>(within: number, work: (client: C) => Promise<T>): Promise<T>;
  /** `true`: this client will never answer again; open another. */
  readonly abandoned: boolean;
  /** At once, and for good. */
  abandon(): void;
  /** In good order if that takes no longer than `within` milliseconds, and by force otherwise. Never rejects. */
  close(within: number): Promise<void>;
}

const KEEP_ALIVE = 60_000;

/**
 * Opens nothing yet: the first call connects.
 * @param codecs write their requests in place of kafkajs
 */
export function openConnection<C extends Client>(
  config: ClientConfig,
  make: (kafka: Kafka) => C,
  codecs: readonly Codec[] = [],
): KafkaConnection<C> {
  const sockets = new Set<net.Socket>();
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {});
  let abandoned = false;
  let connecting: Promise<void> | undefined;

  /** As kafkajs makes them, and remembered. */
  function socketFactory({ host, port, ssl, onConnect }: ISocketFactoryArgs): net.Socket {
    if (abandoned) throw new KafkaSilent('this client was given up');
    const socket = ssl
      ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : net.connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  }

  const client = make(openKafkajs({ ...config, socketFactory }, codecs));

  function abandon(why = 'this client was given up'): void {
    if (abandoned) return;
    abandoned = true;
    const error = new KafkaSilent(why);
    over.reject(error);
    // One that kafkajs has ended waits for its peer only.
    for (const socket of sockets) socket.destroy(socket.writableEnded ? undefined : error);
  }

  function connected(): Promise<void> {
    connecting ??= client.connect().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  }

  return {
    get abandoned() {
      return abandoned;
    },
    abandon,
    async call(within, work) {
      const timer = setTimeout(() => abandon(`Kafka did not answer within ${within} ms`), within);
      const answer = connected().then(() => work(client));
      answer.catch(() => {});
      try {
        return await Promise.race([answer, over.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    async close(within) {
      if (abandoned) return;
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, within);
      await Promise.race([client.disconnect().catch(() => {}), late.promise, over.promise.catch(() => {})]);
      clearTimeout(timer);
      // Whatever is still open was forgotten by kafkajs.
      abandon('this client was closed');
    },
  };
}
