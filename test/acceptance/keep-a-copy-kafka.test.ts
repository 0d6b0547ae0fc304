/** The example program keeps a table in step by Kafka. */
import t from 'tap';
import { ownKafka } from '../support/kafka.ts';
import { startCopySandbox, testKeeping } from './support/keep-a-copy.ts';

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
  const { start, query, agrees } = keeping;

  t.test('a gap is noticed, and the copy begun again', async (t) => {
    await query('UPDATE copy_progress SET sequence = sequence - 1');
    const running = start();
    await running.line(/"event":"start-again","why":"Error: gap"/, 120_000);
    await running.line(/"event":"snapshot"/, 120_000);
    await running.line(/"event":"checked".*"equal":true/, 120_000);
    await agrees();
    t.match(await running.end('SIGTERM'), { code: 0 }, 'ends in good order');
  });
}
