/** Sends requests at a fixed pace, in a process of its own: a provider that pushes, or a system that looks things up. */
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { serve } from '../processes.ts';
import type { Paced, PacedJob } from './job.ts';

/** In flight. One more waits for its turn; what it waits is part of its time. */
const CONNECTIONS = 16;
const MOST_FAULTS = 5;
/** Milliseconds. */
const PATIENCE = 15_000;
const AGAIN_AFTER = 1000;

serve<PacedJob, Paced>(async ({ port, perSecond, method, headers, requests, status, again }) => {
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    ...{ connections: CONNECTIONS, pipelining: 1, headersTimeout: PATIENCE, bodyTimeout: PATIENCE },
  });
  const dueAt = new Float64Array(requests.length);
  const answeredAt = new Float64Array(requests.length);
  const faults: string[] = [];
  let failed = 0;
  const fail = (what: string) => {
    failed++;
    if (faults.length < MOST_FAULTS) faults.push(what);
  };
  const send = async (index: number) => {
    const { path, body } = requests[index]!;
    try {
      let answer = await pool.request({ method, path, headers, body: body ?? null });
      let text = await answer.body.text();
      while (again && answer.statusCode === 503 && Date.now() < dueAt[index]! + PATIENCE) {
        await wait(AGAIN_AFTER);
        answer = await pool.request({ method, path, headers, body: body ?? null });
        text = await answer.body.text();
      }
      if (answer.statusCode !== status) fail(`${answer.statusCode}: ${text}`);
    } catch (error) {
      fail(String(error));
    }
    answeredAt[index] = Date.now();
  };
  const startedAt = Date.now();
  const sent: Promise<void>[] = [];
  for (const [index] of requests.entries()) {
    dueAt[index] = startedAt + (index * 1000) / perSecond;
    const pause = dueAt[index] - Date.now();
    if (pause > 0) await wait(pause);
    sent.push(send(index));
  }
  await Promise.all(sent);
  await pool.close();
  return { dueAt, answeredAt, faults, failed };
});
