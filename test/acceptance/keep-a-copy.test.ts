/** The example program keeps a table in step by the feed, in a sandbox without Kafka. */
import t from 'tap';
import { startCopySandbox, testKeeping } from './support/keep-a-copy.ts';

t.setTimeout(600_000);

const sandbox = await startCopySandbox(t);
const { start, query, agrees } = await testKeeping(t, sandbox, ['--from', 'feed']);

t.test('a gap is noticed, and the copy begun again', async (t) => {
  await query('UPDATE copy_progress SET sequence = sequence + 1');
  const running = start();
  await running.line(/"event":"start-again","why":"Error: gap"/, 120_000);
  await running.line(/"event":"snapshot"/, 120_000);
  await running.line(/"event":"checked".*"equal":true/, 120_000);
  await agrees();
  t.match(await running.end('SIGTERM'), { code: 0 }, 'ends in good order');
});

t.test('a cursor that is worth nothing begins it again too', async (t) => {
  await query(`UPDATE copy_progress SET feed_after = 'x'`);
  const running = start();
  await running.line(/"event":"start-again"/, 120_000);
  await running.line(/"event":"checked".*"equal":true/, 120_000);
  t.pass();
  await running.end('SIGTERM');
});
