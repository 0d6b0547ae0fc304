import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { freePort } from '../processes/free-port.ts';
import { terminate } from '../processes/terminate.ts';
import { missingForKafka } from './java.ts';
import { type BrokerOptions, launchBroker, logTail, prepareBroker } from './kafka-broker.ts';
import { kafkaClassPath } from './kafka-jars.ts';
import { type BrokerCertificate, makeCertificate } from './kafka-tls.ts';

export interface KafkaOptions {
  brokers: 1 | 3;
  /** Made when missing. */
  dataDir: string;
  /** The brokers' plain-text ports on 127.0.0.1; left out: free ones. They stay the same over restarts. */
  ports?: readonly number[];
  /** Do topics outlive `stop()`? False, the default, removes `dataDir`. */
  persistent?: boolean;
  /** Adds a second listener to every broker: TLS, and SCRAM-SHA-512 with these credentials. */
  sasl?: Credentials | readonly Credentials[];
  /** Brokers enforce access rules (ACLs) on the second listener. The plain one is for administrators, with all rights. */
  authorizer?: boolean;
  /** Further lines of server.properties, or other values for the ones set here. */
  settings?: Readonly<Record<string, string>>;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface KafkaCluster {
  /** `127.0.0.1:port` of each broker's plain-text listener. */
  readonly brokers: readonly string[];
  /** The SASL_SSL listeners, and the file (PEM) of the authority that signed their certificate. */
  readonly secure: { brokers: readonly string[]; caFile: string } | undefined;
  /** Resolves when every running broker answers and knows of all the others. */
  ready(): Promise<void>;
  /** Kills broker `index` (from 0), as a power cut would. */
  killBroker(index: number): Promise<void>;
  /** Broker `index` hands its partitions over and ends. */
  stopBroker(index: number): Promise<void>;
  /** Starts broker `index` again, on the same ports and data; resolves when it is part of the cluster. */
  startBroker(index: number): Promise<void>;
  /** Resolves when broker `index` has ended, for any reason; at once when it is down. */
  ended(index: number): Promise<void>;
  /** Ends every broker and, unless the cluster is persistent, removes its data. May be called twice. */
  stop(): Promise<void>;
}

const READY_DEADLINE_MS = 120_000;
const ASK_WITHIN_MS = 10_000;

/**
 * Starts a real Kafka cluster, in KRaft mode: each process is broker and controller.
 *
 * As durable as a production cluster of its size: three brokers keep three copies and acknowledge a message (`acks: -1`) when two
 * have it. Topics are not created automatically.
 *
 * Rejects when Java or Maven is missing ({@link missingForKafka}), and with the end of a broker's log when it does not start. No
 * broker outlives this process.
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaCluster> {
  const missing = missingForKafka();
  if (missing !== undefined) throw new Error(missing);
  const { dataDir, persistent = false } = options;
  const classPath = await kafkaClassPath();
  await mkdir(dataDir, { recursive: true });

  const certificate = options.sasl && (await makeCertificate(dataDir));
  const nodes = await layOut(options, certificate);
  const clusterId = await keptClusterId(dataDir);
  const plans = nodes.map(
    (node): BrokerOptions => ({
      directory: join(dataDir, `broker-${node.id}`),
      classPath,
      clusterId,
      properties: node.properties,
      scram: [options.sasl ?? []]
        .flat()
        .map(({ username, password }) => `SCRAM-SHA-512=[name=${username},password=${password}]`),
      remove: persistent ? [] : [dataDir],
    }),
  );
  const processes: (ChildProcess | undefined)[] = nodes.map(() => undefined);

  async function launch(index: number): Promise<void> {
    if (processes[index]) return;
    const broker = await launchBroker(plans[index]!);
    processes[index] = broker;
    broker.once('exit', () => {
      processes[index] = undefined;
    });
  }

  async function end(index: number, signal: NodeJS.Signals): Promise<void> {
    const broker = processes[index];
    if (broker) await terminate(broker, signal);
  }

  async function ready(): Promise<void> {
    const started = nodes.filter((_, index) => processes[index]);
    await Promise.all(
      started.map(async (node) => {
        const index = nodes.indexOf(node);
        await untilReady(node.address, started.length, () => processes[index] !== undefined).catch(
          async (cause: Error) => {
            const tail = await logTail(plans[index]!.directory);
            throw new Error(`Kafka broker ${node.id}: ${cause.message}\n${tail}`, { cause });
          },
        );
      }),
    );
  }

  async function stop(): Promise<void> {
    // Data that will be removed needs no orderly end. When all brokers end in order, the last one waits for controllers that are
    // gone: the grace in terminate() cuts that short.
    await Promise.all(nodes.map((_, index) => end(index, persistent ? 'SIGTERM' : 'SIGKILL')));
    if (!persistent) await rm(dataDir, { recursive: true, force: true });
  }

  try {
    await Promise.all(plans.map(prepareBroker));
    await Promise.all(nodes.map((_, index) => launch(index)));
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    brokers: nodes.map((node) => node.address),
    secure: certificate && {
      brokers: nodes.map((node) => node.secureAddress),
      caFile: certificate.caFile,
    },
    ready,
    killBroker: (index) => end(index, 'SIGKILL'),
    stopBroker: (index) => end(index, 'SIGTERM'),
    async startBroker(index) {
      await launch(index);
      await ready();
    },
    async ended(index) {
      const broker = processes[index];
      if (!broker) return;
      broker.ref();
      await once(broker, 'exit');
    },
    stop,
  };
}

interface Node {
  id: number;
  address: string;
  secureAddress: string;
  properties: Record<string, string>;
}

async function layOut(options: KafkaOptions, certificate: BrokerCertificate | undefined): Promise<Node[]> {
  const ids = Array.from({ length: options.brokers }, (_, index) => index + 1);
  const ports = await distinctPorts(ids.length * 3, options.ports ?? []);
  const [plain = [], controller = [], secure = []] = [0, 1, 2].map((kind) =>
    ids.map((_, index) => `127.0.0.1:${ports[kind * ids.length + index]}`),
  );
  const voters = ids.map((id, index) => `${id}@${controller[index]}`).join(',');
  return ids.map((id, index) => ({
    id,
    address: plain[index]!,
    secureAddress: secure[index]!,
    properties: {
      'process.roles': 'broker,controller',
      'node.id': String(id),
      'controller.quorum.voters': voters,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
      listeners: [
        `PLAINTEXT://${plain[index]}`,
        `CONTROLLER://${controller[index]}`,
        ...(certificate ? [`SECURE://${secure[index]}`] : []),
      ].join(','),
      ...durability(options.brokers),
      ...QUICK,
      ...(certificate && security(certificate)),
      ...(options.authorizer && AUTHORIZER),
      ...options.settings,
    },
  }));
}

function durability(brokers: number): Record<string, string> {
  const inSync = brokers > 1 ? '2' : '1';
  return {
    'default.replication.factor': String(brokers),
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': String(brokers),
    'transaction.state.log.replication.factor': String(brokers),
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': String(brokers),
    'share.coordinator.state.topic.min.isr': inSync,
    'unclean.leader.election.enable': 'false',
  };
}

// Groups form at once, internal topics stay small, a dead broker is noticed within seconds.
const QUICK = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
  'share.coordinator.state.topic.num.partitions': '1',
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'log.segment.delete.delay.ms': '1000',
};

function security({ keystore, password }: BrokerCertificate): Record<string, string> {
  return {
    'listener.name.secure.ssl.keystore.type': 'PKCS12',
    'listener.name.secure.ssl.keystore.location': keystore,
    'listener.name.secure.ssl.keystore.password': password,
    'listener.name.secure.ssl.key.password': password,
    'listener.name.secure.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.secure.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  };
}

// Brokers use the plain listener among themselves, so they have no principal of their own.
const AUTHORIZER = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
  'allow.everyone.if.no.acl.found': 'false',
};

async function distinctPorts(count: number, given: readonly number[]): Promise<number[]> {
  const ports = new Set(given);
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** A cluster keeps its id for life: brokers refuse storage that was formatted for another. */
async function keptClusterId(dataDir: string): Promise<string> {
  const file = join(dataDir, 'cluster.id');
  // Sixteen bytes in base64url. Not beginning with `-`, which kafka-storage would take for an option.
  const fresh = `L${randomBytes(16).toString('base64url').slice(1)}`;
  await writeFile(file, fresh, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
}

async function untilReady(address: string, brokers: number, alive: () => boolean): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (!alive()) throw new Error('it ended');
    if ((await knownBrokers(address)) === brokers) return;
    await wait(100);
  }
  throw new Error(`it was not ready within ${READY_DEADLINE_MS / 1000} s`);
}

/** The number of live brokers that the broker at `address` knows of; 0 while it does not answer. */
async function knownBrokers(address: string): Promise<number> {
  const { Kafka, logLevel } = kafkajs;
  const client = new Kafka({
    clientId: 'lienthong-sandbox',
    brokers: [address],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 5000,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  const asking = admin
    .connect()
    .then(() => admin.describeCluster())
    .then(({ brokers }) => brokers.length)
    .catch(() => 0);
  // kafkajs may wait for ever, for an answer as well as for its own end.
  const count = await Promise.race([asking, wait(ASK_WITHIN_MS, 0, { ref: false })]);
  await Promise.race([admin.disconnect().catch(() => {}), wait(ASK_WITHIN_MS, undefined, { ref: false })]);
  return count;
}
