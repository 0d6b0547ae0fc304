/** Readers of the feed as a stream (server-sent events), all of them in a process of their own. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { serve } from '../processes.ts';
import type { Followed, FollowJob } from './job.ts';
import { createRecorder, finish, type Recorder } from './recorder.ts';

/** Connections that are made at a time. */
const AT_ONCE = 20;

const recorders: Recorder[] = [];

serve<FollowJob, Followed>(async (job) => {
  if (job.kind === 'finish') return finish(recorders, job);
  for (let from = 0; from < job.tokens.length; from += AT_ONCE) {
    await Promise.all(job.tokens.slice(from, from + AT_ONCE).map((token) => follow(job.port, token)));
  }
  return { kind: 'open', port: job.port };
});

async function follow(port: number, token: string): Promise<void> {
  const recorder = createRecorder();
  recorders.push(recorder);
  const request = httpRequest({
    ...{ host: '127.0.0.1', port, path: '/v1/changes/business', agent: false },
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`a stream was answered ${response.statusCode}`);
  // What is looked for is ASCII.
  response.setEncoding('latin1');
  let rest = '';
  let last = '';
  response.on('data', (text: string) => {
    const end = text.lastIndexOf('\n\n');
    if (end < 0) {
      rest += text;
      return;
    }
    recorder.take(rest + text.slice(0, end));
    last = text.slice(Math.max(0, end - 60), end);
    rest = text.slice(end + 2);
  });
  response.on('error', () => {});
  response.once('close', () => recorder.fault(`the stream ended after ${last}${rest}`));
}
