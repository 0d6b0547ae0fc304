/** The provider, a process of its own: pushes batches of changes, so many calls at a time. */
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { serve } from '../processes.ts';
import { batchBody } from './batch.ts';
import type { Pushed, PushJob } from './job.ts';

serve<PushJob, Pushed>(async ({ port, token, first, size, seconds, concurrency, perSecond }) => {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: concurrency, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  let changes = 0;
  let heldBack = 0;
  const startedAt = Date.now();
  const until = startedAt + seconds * 1000;

  /** Is answered 201 in the end, or throws. */
  async function push(body: Buffer): Promise<void> {
    for (;;) {
      const answer = await pool.request({ method: 'POST', path: '/v1/business/changes', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode === 201 && text === `{"accepted":${size},"duplicates":0}`) return;
      const retryAfter = Number(answer.headers['retry-after']);
      if (answer.statusCode !== 503 || !retryAfter) {
        throw new Error(`a batch was answered ${answer.statusCode}: ${text}`);
      }
      heldBack += 1;
      await wait(retryAfter * 1000);
    }
  }

  async function pushOn(): Promise<void> {
    for (;;) {
      // By the plan, not by the last answer: a slow call delays no later one.
      const due = perSecond ? startedAt + (changes / perSecond) * 1000 : Date.now();
      if (due >= until) return;
      const number = first + changes;
      changes += size;
      if (due > Date.now()) await wait(due - Date.now());
      await push(batchBody(number, size));
    }
  }

  await Promise.all(Array.from({ length: concurrency }, pushOn));
  const endedAt = Date.now();
  await pool.close();
  return { startedAt, endedAt, changes, heldBack };
});
