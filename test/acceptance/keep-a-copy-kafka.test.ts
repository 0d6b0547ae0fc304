/** The example program keeps a table in step by Kafka. */
import t from 'tap';
import { ownKafka } from '../support/kafka.ts';
import { startCopySandbox, testGap, testKeeping } from './support/keep-a-copy.ts';

t.setTimeout(600_000);

const kafka = await ownKafka(t);
if (kafka) {
  const brokers = kafka.brokers.join(',');
  const sandbox = await startCopySandbox(t, { KAFKA_BROKERS: brokers });
  const keeping = await testKeeping(t, sandbox, [
    '--from',
    'kafka',
    '--brokers',
    brokers,
    '--gap-seconds',
    '2',
  ]);
  // More than may come once more: the program before may have ended between its table's commit and that of its offset, and
  // what is delivered again fills the gap.
  await testGap(t, keeping, 'UPDATE copy_progress SET sequence = sequence - 1000');
}
