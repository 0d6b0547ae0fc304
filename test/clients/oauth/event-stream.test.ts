/** The feed's stream, read by a library that makes a message of every block with a field (httpx-sse): none is without content. */
import { join } from 'node:path';
import t from 'tap';
import { hasTool } from '../../acceptance/support/tools.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { run } from '../run.ts';
import { pythonLibraries } from './tools.ts';

// The library is fetched where it is not there yet.
t.setTimeout(600_000);

t.test('httpx-sse gets the events and nothing else', async (t) => {
  if (!hasTool(t, 'python3', 'python3-venv')) return;
  const python = await pythonLibraries();
  const gateway = await startTestGateway(t);
  const changes = [1, 2, 3].map((version) => ({
    ...{
      entity: 'enterprise',
      subject: '0152186630',
      version,
      operation: 'updated',
      changedFields: ['/name'],
    },
    occurredAt: new Date().toISOString(),
    data: { enterpriseCode: '0152186630', name: `Công ty ${version}` },
  }));
  t.equal((await gateway.call('G12.dkkd', 'business.changes.publish', { changes })).status, 201);
  const output = await run(python, [join(import.meta.dirname, 'python', 'read_stream.py')], {
    env: { FEED: `${gateway.publicUrl}/v1/changes/business`, TOKEN: await gateway.token('G12.thue') },
  });
  const messages = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.same(
    messages.map(({ event, data, id }) => [event, Number(JSON.parse(data).sequence), typeof id]),
    [1, 2, 3].map((sequence) => ['message', sequence, 'string']),
  );
  t.match(messages[0].retry, Number, 'when to come back, with the first');
});
