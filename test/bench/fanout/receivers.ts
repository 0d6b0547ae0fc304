/** Endpoints of webhooks, all of them in a process of their own, which take what they get. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '../processes.ts';
import type { Followed, FollowJob } from './job.ts';
import { createRecorder, finish, type Recorder } from './recorder.ts';

const recorders: Recorder[] = [];

serve<FollowJob, Followed>(async (job) => {
  if (job.kind === 'finish') return finish(recorders, job);
  const server = createServer(async (request, response) => {
    const index = Number(request.url?.slice(1));
    const body = await textOf(request);
    if (request.headers['content-type'] === 'application/json') {
      recorders[index] = createRecorder();
      const { challenge }: { challenge?: unknown } = JSON.parse(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ challenge }));
      return;
    }
    recorders[index]?.take(body);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { kind: 'open', port: (server.address() as AddressInfo).port };
});

async function textOf(request: IncomingMessage): Promise<string> {
  // What is looked for is ASCII.
  request.setEncoding('latin1');
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}
