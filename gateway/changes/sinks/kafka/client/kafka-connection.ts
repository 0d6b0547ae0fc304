/**
 * One client of kafkajs (a producer or an admin client) with sockets of its own, so that the gateway can abandon it.
 *
 * Promises of kafkajs may never settle (README.md, faults 4 to 6). So every call has a time limit here, and the client of a call that
 * exceeds it is abandoned: its sockets are destroyed, so that kafkajs fails the other calls and clears its timers, and it cannot open
 * another socket.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { KafkaConfig as ClientConfig, ISocketFactoryArgs, Kafka } from 'kafkajs';
import type { Codec } from './codec.ts';
import { openKafkajs } from './kafkajs.ts';

/** kafkajs did not settle the call in time, or the client was abandoned meanwhile. */
export class KafkaSilent extends Error {
  override readonly name = 'KafkaSilent';
}

interface Client {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

export interface KafkaConnection<C extends Client> {
  /**
   * Connects, unless the client is connected, and runs `work`.
   * @param within milliseconds for the connection and the work
   * @throws KafkaSilent after this time; the client is then abandoned
   */
  call<T>(within: number, work: (client: C) => Promise<T>): Promise<T>;
  /** `true`: every further call fails; open another client. */
  readonly abandoned: boolean;
  /** Destroys the sockets immediately. Pending and further calls fail. */
  abandon(): void;
  /** Disconnects; abandons the client if that takes longer than `within` milliseconds. Never rejects. */
  close(within: number): Promise<void>;
}

const KEEP_ALIVE = 60_000;

/**
 * Makes the client. The first call connects.
 * @param codecs encode their requests in place of kafkajs
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

  /** Makes a socket in the same way as kafkajs, and adds it to `sockets`. */
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
    // A socket that kafkajs has ended waits for its peer only, so it is destroyed without an error.
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
      // kafkajs may have forgotten sockets that are still open.
      abandon('this client was closed');
    },
  };
}
