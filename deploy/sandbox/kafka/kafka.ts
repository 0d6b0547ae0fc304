/**
 * `npm run kafka`: one real Kafka broker on localhost:9092, for local use. Its data stay in data/kafka;
 * Ctrl-C stops it.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { portIsFree } from '../processes/free-port.ts';
import { missingForKafka } from './java.ts';
import { type KafkaCluster, startKafka } from './kafka-server.ts';

const PORT = 9092;
const DATA = join(import.meta.dirname, '..', '..', '..', 'data', 'kafka');

const missing = missingForKafka();
if (missing !== undefined) fail(missing);
if (!(await becomesFree(PORT))) {
  fail(`Port ${PORT} is in use: another Kafka, or another \`npm run kafka\`, is running.`);
}

console.log('Kafka is starting (the first start fetches it with Maven)…');
// Signals are heard from here on: one that comes while the broker starts stops it as soon as it has started.
const asked = Promise.race(
  ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => signalled(signal as NodeJS.Signals)),
);
const cluster = await startKafka({ brokers: 1, dataDir: DATA, ports: [PORT], persistent: true }).catch(
  (error: Error): KafkaCluster => fail(error.message),
);
console.log(`Kafka listens on localhost:${PORT}, its data are in ${DATA}`);
console.log(`Use it with:  KAFKA_BROKERS=localhost:${PORT} npm start`);
console.log('Ctrl-C stops it.');

const crashed = cluster.ended(0).then(() => 'crashed' as const);
if ((await Promise.race([asked, crashed])) === 'crashed') {
  fail(`Kafka ended by itself; see ${join(DATA, 'broker-1', 'broker.log')}`);
}
console.log('Kafka is stopping…');
await cluster.stop();
console.log('Kafka has stopped; its data stay for the next start.');
process.exit(0);

function signalled(signal: NodeJS.Signals): Promise<NodeJS.Signals> {
  // `on`, not `once`: a second Ctrl-C must not cut the stop short, it would leave the broker to its watchdog.
  return new Promise((resolve) => process.on(signal, resolve));
}

/** A broker whose `npm run kafka` was killed ends within seconds. */
async function becomesFree(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await portIsFree(port)) return true;
    await wait(100);
  }
  return false;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
