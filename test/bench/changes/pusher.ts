/** The provider, a process of its own: pushes batches of changes, so many calls at a time. */
import { Pool } from 'undici';
import { serve } from '../processes.ts';
import { BATCH_SIZE, batchBody } from './batch.ts';
import type { Pushed, PushJob } from './job.ts';

serve<PushJob, Pushed>(async ({ port, token, first, batches, concurrency }) => {
  // Made before the clock starts: what is measured is the gateway.
  const bodies = Array.from({ length: batches }, (_, index) => Buffer.from(batchBody(first + index)));
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: concurrency, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  let next = 0;
  const startedAt = Date.now();
  const push = async () => {
    while (next < bodies.length) {
      const body = bodies[next++]!;
      const answer = await pool.request({ method: 'POST', path: '/v1/business/changes', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 201 || text !== `{"accepted":${BATCH_SIZE},"duplicates":0}`) {
        throw new Error(`a batch was answered ${answer.statusCode}: ${text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, push));
  const endedAt = Date.now();
  await pool.close();
  return { startedAt, endedAt };
});
