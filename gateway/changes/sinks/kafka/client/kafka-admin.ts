/**
 * Kafka's admin client, and the health of Kafka.
 *
 * An admin client of kafkajs requests the metadata of every topic that it was ever asked about, and fails when one of them is gone
 * (README.md, fault 7). A client whose call failed is therefore discarded, and a deletion uses a client of its own (`runAlone`).
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Admin, KafkaConfig as ClientConfig } from 'kafkajs';
import { type KafkaConnection, openConnection } from './kafka-connection.ts';
import { type Absence, absenceOf, isAbsence } from './kafka-errors.ts';

const PROBE_EVERY = 5000;
/** Milliseconds for one call, including the connection. */
const WITHIN = 20_000;
const CLOSE_WITHIN = 1000;

export interface KafkaHealth {
  /** `unknown`: no answer yet, and no failure. */
  readonly status: 'up' | 'down' | 'unknown';
  readonly reason?: Absence;
}

export interface KafkaAdmin {
  /** Runs `work` with the shared client. */
  run<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  /** Runs `work` with a client of its own, which was asked about no topic yet. */
  runAlone<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  /** `false`: Kafka does not answer at present, or nothing has been sent to it yet. */
  up(): boolean;
  /** The state for the readiness document, which logs its changes. */
  health(): KafkaHealth;
  /** MUST be called when a broker has answered. */
  answered(): void;
  /** MUST be called with the error of a call. It changes the health only if no broker could be reached. */
  failed(error: unknown): void;
  /** Makes the pending calls fail. */
  interrupt(): void;
  close(): Promise<void>;
}

interface Shared {
  readonly connection: KafkaConnection<Admin>;
  users: number;
  failed: boolean;
}

export function openKafkaAdmin(client: ClientConfig): KafkaAdmin {
  const closed = new AbortController();
  const connections = new Set<KafkaConnection<Admin>>();
  let shared: Shared | undefined;
  let health: KafkaHealth = { status: 'unknown' };
  let lastAnswer = 0;
  const isUp = () => health.status === 'up';

  function open(): KafkaConnection<Admin> {
    const connection = openConnection(client, (kafka) => kafka.admin());
    connections.add(connection);
    return connection;
  }

  /** Disconnects if a broker answers, and destroys the sockets otherwise. */
  async function close(connection: KafkaConnection<Admin>): Promise<void> {
    if (isUp()) await connection.close(CLOSE_WITHIN);
    else connection.abandon();
    connections.delete(connection);
  }

  function interrupt(): void {
    for (const connection of connections) connection.abandon();
  }

  function answered(): void {
    lastAnswer = Date.now();
    if (!isUp()) health = { status: 'up' };
  }

  function failed(error: unknown): void {
    if (isAbsence(error)) health = { status: 'down', reason: absenceOf(error) };
  }

  async function run<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    if (shared?.connection.abandoned) {
      connections.delete(shared.connection);
      shared = undefined;
    }
    shared ??= { connection: open(), users: 0, failed: false };
    const current = shared;
    current.users += 1;
    try {
      const result = await current.connection.call(WITHIN, work);
      answered();
      return result;
    } catch (error) {
      failed(error);
      current.failed = true;
      if (shared === current) shared = undefined;
      throw error;
    } finally {
      current.users -= 1;
      // The last user closes the client, because other calls may still be pending.
      if (current.failed && current.users === 0) void close(current.connection);
    }
  }

  /** Checks whether Kafka answers while nothing else is sent to it. */
  async function probe(): Promise<void> {
    while (!closed.signal.aborted) {
      if (Date.now() - lastAnswer > PROBE_EVERY)
        await run((admin) => admin.describeCluster()).catch(() => {});
      await wait(PROBE_EVERY / (isUp() ? 1 : 5), undefined, { signal: closed.signal }).catch(() => {});
    }
  }
  const probing = probe();

  return {
    run,
    async runAlone(work) {
      const own = open();
      try {
        const result = await own.call(WITHIN, work);
        answered();
        return result;
      } catch (error) {
        failed(error);
        throw error;
      } finally {
        void close(own);
      }
    },
    up: isUp,
    health: () => health,
    answered,
    failed,
    interrupt,
    async close() {
      closed.abort();
      await Promise.all([...connections].map(close));
      await probing;
    },
  };
}
