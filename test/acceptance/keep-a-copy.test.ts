/** The example program keeps a table in step by the feed, in a sandbox without Kafka. */
import t from 'tap';
import { startCopySandbox, testGap, testKeeping } from './support/keep-a-copy.ts';

t.setTimeout(600_000);

const sandbox = await startCopySandbox(t);
const keeping = await testKeeping(t, sandbox, ['--from', 'feed']);
await testGap(t, keeping, 'UPDATE copy_progress SET sequence = sequence + 1');

t.test('a cursor that is worth nothing begins it again too', async (t) => {
  await keeping.query(`UPDATE copy_progress SET feed_after = 'x'`);
  const running = keeping.start();
  await running.line(/"event":"start-again"/, 120_000);
  await running.line(/"event":"checked".*"equal":true/, 120_000);
  t.pass();
  await running.end('SIGTERM');
});
