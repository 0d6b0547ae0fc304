/**
 * kafkajs 2.2.4, with two faults mended that its public surface cannot reach; `README.md` lists every fault that is known.
 *
 * A mend changes members of one client, the client that `openKafkajs` makes: kafkajs' modules and prototypes stay as they are,
 * and so does every other client in the process. Each member has a row in `SEAMS`, and one that is missing is an error that
 * names the row: `checkKafkajs` looks for all of them when the gateway starts.
 */
import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';
import type { Codec, ProduceArguments } from './codec.ts';

/** The members that are changed, each with the place in kafkajs 2.2.4 that sets it. */
export const SEAMS = {
  'private:Kafka:createCluster': 'src/index.js:69',
  createBroker: 'src/cluster/brokerPool.js:37',
  lookupRequest: 'src/broker/index.js:93',
  build: 'src/cluster/connectionPoolBuilder.js:89',
  scheduleCheckPendingRequests: 'src/network/requestQueue/index.js:306',
} as const;

/** The installed kafkajs is another than the one that the mends were written for. */
export class KafkajsDiffers extends Error {
  override readonly name = 'KafkajsDiffers';
  constructor(member: keyof typeof SEAMS) {
    super(
      `kafkajs has no "${member}", which 2.2.4 has at ${SEAMS[member]}: install 2.2.4, or read gateway/changes/sinks/kafka/client/README.md`,
    );
  }
}

/**
 * A client of kafkajs. Opens no connection.
 * @param codecs write their requests in place of kafkajs; it writes the rest
 * @throws KafkajsDiffers
 */
export function openKafkajs(
  config: KafkaConfig,
  codecs: readonly Codec[] = [],
  Client: typeof Kafka = kafkajs.Kafka,
): Kafka {
  const kafka = new Client(config);
  const { owner, key } = clusterMakerOf(kafka);
  owner[key] = mended(owner[key]!, (cluster) => mendCluster(cluster, codecs));
  return kafka;
}

/** Makes and mends each part once, without a connection. @throws KafkajsDiffers */
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

/** The newest version of a request that both sides know. */
type Lookup = (apiKey: number, definition: object) => (given: ProduceArguments) => Exchange;

interface Exchange {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly encode: () => Promise<Encoded>;
  };
  readonly response: object;
}

/** The form of kafkajs' encoders, from which it copies a request. */
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

function mendCluster({ brokerPool, connectionPoolBuilder }: Cluster, codecs: readonly Codec[]): void {
  if (!brokerPool?.createBroker) throw new KafkajsDiffers('createBroker');
  if (!connectionPoolBuilder?.build) throw new KafkajsDiffers('build');
  const { createBroker } = brokerPool;
  brokerPool.createBroker = mended(createBroker, (broker) => giveCodecs(broker, codecs));
  const { build } = connectionPoolBuilder;
  connectionPoolBuilder.build = async (destination) => {
    const connections = await build(destination);
    quieten(connections);
    return connections;
  };
}

/**
 * A broker finds the encoder of a request by `lookupRequest`, which it sets when it has connected. This broker finds the same encoder, and
 * puts the codec of that request and version in its place.
 */
function giveCodecs(broker: Broker, codecs: readonly Codec[]): void {
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

/** A queue sets its timer only while requests wait in it. kafkajs sets one of a millisecond after each answer, and after that timer the next. */
function quieten(connections: ConnectionPool): void {
  for (const { requestQueue } of connections?.pool ?? [{}]) {
    if (!requestQueue?.scheduleCheckPendingRequests) throw new KafkajsDiffers('scheduleCheckPendingRequests');
    const schedule = requestQueue.scheduleCheckPendingRequests;
    requestQueue.scheduleCheckPendingRequests = () => {
      if (requestQueue.pending.length > 0) schedule.call(requestQueue);
    };
  }
}

/** The same function, whose results are mended. */
function mended<T>(make: (options: object) => T, mend: (made: T) => void): (options: object) => T {
  return (options) => {
    const made = make(options);
    mend(made);
    return made;
  };
}
