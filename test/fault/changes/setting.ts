/** PostgreSQL, Kafka, replicas of the gateway behind one load balancer, and the systems that call it. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaCluster, startKafka } from '../../../deploy/sandbox/kafka/kafka-server.ts';
import { type PostgresServer, startPostgres } from '../../../deploy/sandbox/postgres/postgres.ts';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { createClient, type TokenClient } from '../../../gateway/client/client.ts';
import { type Catalogue, writeCatalogue } from './catalogue.ts';
import { openLoadBalancer } from './load-balancer.ts';
import { makeReplica, type Replica } from './replicas.ts';

export interface Setting {
  readonly kafka: KafkaCluster;
  readonly postgres: PostgresServer;
  readonly replicas: readonly Replica[];
  readonly catalogue: Catalogue;
  /** The agencies' address. */
  readonly balancer: string;
  /** Signs in as a system. */
  clientOf(system: string): Promise<TokenClient>;
}

export interface SettingOptions {
  /** The business registry's. */
  readonly registryUrl: string;
  /** A module that replicas load before the gateway. */
  readonly preload: string | undefined;
  readonly signal: AbortSignal;
}

/** @param stack ends all that is started here */
export async function setUp(
  { registryUrl, preload, signal }: SettingOptions,
  stack: AsyncDisposableStack,
): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-fault-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const [postgres, kafka, catalogue] = await Promise.all([
    startPostgres({ dataDir: join(directory, 'postgres'), persistent: false }).then((server) => {
      stack.defer(() => server.stop());
      return server;
    }),
    startKafka({ brokers: 3, dataDir: join(directory, 'kafka') }).then((cluster) => {
      stack.defer(() => cluster.stop());
      return cluster;
    }),
    writeCatalogue(directory),
  ]);
  signal.throwIfAborted();
  const balancerPort = await freePort();
  const replicas: Replica[] = [];
  const balancer = await openLoadBalancer(balancerPort, () => replicas.map(({ port }) => port));
  stack.defer(() => balancer.close());
  const environment = {
    HOST: '127.0.0.1',
    PUBLIC_URL: balancer.url,
    DATABASE_URL: postgres.url,
    CONTRACTS_DIR: catalogue.contractsDir,
    CLIENT_KEYS_DIR: catalogue.clientKeysDir,
    MASTER_KEY: randomBytes(32).toString('base64url'),
    KAFKA_BROKERS: kafka.brokers.join(),
    BUSINESS_URL: registryUrl,
    BUSINESS_CONSUMER_KEY: 'fault-test',
    BUSINESS_CONSUMER_SECRET: 'fault-test',
    LOG_LEVEL: 'info',
    OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32',
    ...(preload && { NODE_OPTIONS: `--import=${await within(catalogue.clientKeysDir, preload)}` }),
  };
  for (const name of ['replica-1', 'replica-2']) {
    const replica = await makeReplica(name, directory, environment);
    stack.defer(() => replica.stop());
    replicas.push(replica);
  }
  await Promise.all(replicas.map((replica) => replica.start()));
  const clients = new Map<string, Promise<TokenClient>>();
  return {
    ...{ kafka, postgres, replicas, catalogue, balancer: balancer.url },
    clientOf(system: string) {
      const client =
        clients.get(system) ??
        catalogue
          .privateKey(system)
          .then((privateJwk) => createClient({ issuer: balancer.url, clientId: system, privateJwk }));
      clients.set(system, client);
      return client;
    },
  };
}

/** The gateway reads no file but those that it needs: a module to be loaded has to lie among them. */
async function within(directory: string, module: string): Promise<string> {
  const copy = join(directory, 'preload.mts');
  await copyFile(module, copy);
  return copy;
}
