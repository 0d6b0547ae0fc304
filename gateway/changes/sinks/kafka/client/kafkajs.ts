/**
 * kafkajs 2.2.4, with patches for two faults that its public interface cannot reach. `README.md` lists every known fault.
 *
 * A patch changes members of one client, which `openKafkajs` makes. kafkajs' modules and prototypes stay unchanged, and so does
 * every other client in the process. Each patched member has a row in `SEAMS`. A missing member is an error that names the row;
 * `checkKafkajs` checks all of them when the gateway starts.
 */
import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';
import type { Codec, ProduceArguments } from './codec.ts';

/** The patched members, each with the source line of kafkajs 2.2.4 that sets it. */
export const SEAMS = {
  'private:Kafka:createCluster': 'src/index.js:69',
  createBroker: 'src/cluster/brokerPool.js:37',
  lookupRequest: 'src/broker/index.js:93',
  build: 'src/cluster/connectionPoolBuilder.js:89',
  scheduleCheckPendingRequests: 'src/network/requestQueue/index.js:306',
} as const;

/** The installed kafkajs is not the release for which the patches were written. */
export class KafkajsDiffers extends Error {
  override readonly name = 'KafkajsDiffers';
  constructor(member: keyof typeof SEAMS) {
    super(
      `kafkajs has no "${member}", which 2.2.4 has at ${SEAMS[member]}: install 2.2.4, or read gateway/changes/sinks/kafka/client/README.md`,
    );
  }
}

/**
 * Makes a client of kafkajs. Opens no connection.
 * @param codecs encode their requests in place of kafkajs, which encodes all others
 * @throws KafkajsDiffers
 */
export function openKafkajs(
  config: KafkaConfig,
  codecs: readonly Codec[] = [],
  Client: typeof Kafka = kafkajs.Kafka,
): Kafka {
  const kafka = new Client(config);
  const { owner, key } = clusterMakerOf(kafka);
  owner[key] = patched(owner[key]!, (cluster) => patchCluster(cluster, codecs));
  return kafka;
}

/** Makes and patches each part once, without a connection. @throws KafkajsDiffers */
export async function checkKafkajs(Client: typeof Kafka = kafkajs.Kafka): Promise<void> {
  const kafka = openKafkajs({ brokers: ['localhost:9092'] }, [], Client);
  const { owner, key } = clusterMakerOf(kafka);
  const { brokerPool, connectionPoolBuilder } = owner[key]!({});
  const connectionPool = await connectionPoolBuilder.build();
  brokerPool.createBroker({ connectionPool, logger: kafka.logger() });
}

type MakeCluster = (options: object) => Cluster;

interface Cluster {
  readonly brokerPool: { createBroker(options: object): Broker };
  readonly connectionPoolBuilder: { build(destination?: object): Promise<ConnectionPool> };
}

interface Broker {
  lookupRequest: Lookup;
}

/** Finds the newest version of a request that the client and the broker both support. */
type Lookup = (apiKey: number, definition: object) => (given: ProduceArguments) => Exchange;

interface Exchange {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly encode: () => Promise<Encoded>;
  };
  readonly response: object;
}

/** kafkajs' encoder object, from whose members kafkajs copies the bytes of a request. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

interface ConnectionPool {
  readonly pool: readonly { readonly requestQueue: RequestQueue }[];
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/** kafkajs keeps the function that makes the cluster of a producer or an admin under a symbol of the client. */
function clusterMakerOf(kafka: Kafka): { readonly owner: Record<symbol, MakeCluster>; readonly key: symbol } {
  const name = 'private:Kafka:createCluster';
  const key = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === name);
  if (!key) throw new KafkajsDiffers(name);
  return { owner: kafka as unknown as Record<symbol, MakeCluster>, key };
}

function patchCluster({ brokerPool, connectionPoolBuilder }: Cluster, codecs: readonly Codec[]): void {
  if (!brokerPool?.createBroker) throw new KafkajsDiffers('createBroker');
  if (!connectionPoolBuilder?.build) throw new KafkajsDiffers('build');
  const { createBroker } = brokerPool;
  brokerPool.createBroker = patched(createBroker, (broker) => useCodecs(broker, codecs));
  const { build } = connectionPoolBuilder;
  connectionPoolBuilder.build = async (destination) => {
    const connections = await build(destination);
    stopIdleTimers(connections);
    return connections;
  };
}

/**
 * A broker finds the encoder of a request with `lookupRequest`, which it sets when it has connected. The patched function calls that one,
 * and replaces the encoder if there is a codec for the request and its version.
 */
function useCodecs(broker: Broker, codecs: readonly Codec[]): void {
  if (!broker?.lookupRequest) throw new KafkajsDiffers('lookupRequest');
  let lookup = broker.lookupRequest;
  const lookupRequest: Lookup = (apiKey, definition) => {
    const exchangeOf = lookup(apiKey, definition);
    const own = codecs.filter((codec) => codec.apiKey === apiKey);
    return own.length === 0 ? exchangeOf : (given) => encodedBy(own, exchangeOf(given), given);
  };
  Object.defineProperty(broker, 'lookupRequest', {
    get: () => lookupRequest,
    set(found: Lookup) {
      lookup = found;
    },
  });
}

function encodedBy(codecs: readonly Codec[], exchange: Exchange, given: ProduceArguments): Exchange {
  const { request, response } = exchange;
  const codec = codecs.find(({ apiVersion }) => apiVersion === request.apiVersion);
  if (!codec) return exchange;
  const encode = async () => {
    const buffer = codec.encode(given);
    return buffer ? { buf: buffer, buffer } : request.encode();
  };
  return { request: { ...request, encode }, response };
}

/**
 * Lets a request queue set its timer only while requests wait in it. Unpatched, it sets a timer of a millisecond after each answer, and
 * another one after each timer.
 */
function stopIdleTimers(connections: ConnectionPool): void {
  for (const { requestQueue } of connections?.pool ?? [{}]) {
    if (!requestQueue?.scheduleCheckPendingRequests) throw new KafkajsDiffers('scheduleCheckPendingRequests');
    const schedule = requestQueue.scheduleCheckPendingRequests;
    requestQueue.scheduleCheckPendingRequests = () => {
      if (requestQueue.pending.length > 0) schedule.call(requestQueue);
    };
  }
}

/** Wraps `make` so that `patch` changes each result. */
function patched<T>(make: (options: object) => T, patch: (made: T) => void): (options: object) => T {
  return (options) => {
    const made = make(options);
    patch(made);
    return made;
  };
}
