/**
 * Readers of the feed as a stream (server-sent events), all of them in a process of their own. One whose stream ends comes
 * back with the last id, as every EventSource does, and counts that.
 */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { serve } from '../processes.ts';
import type { Followed, FollowJob } from './job.ts';
import { createRecorder, finish, type Recorder } from './recorder.ts';

/** Connections that are made at a time. */
const AT_ONCE = 20;
/** Milliseconds. */
const RECONNECT_AFTER = 1000;
const ID = '\nid: ';

const recorders: Recorder[] = [];

serve<FollowJob, Followed>(async (job) => {
  if (job.kind === 'finish') return finish(recorders, job);
  for (let from = 0; from < job.tokens.length; from += AT_ONCE) {
    await Promise.all(job.tokens.slice(from, from + AT_ONCE).map((token) => begin(job.port, token)));
  }
  return { kind: 'open', port: job.port };
});

/** Resolves when the stream is open for the first time. */
async function begin(port: number, token: string): Promise<void> {
  const recorder = createRecorder();
  recorders.push(recorder);
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
  const open = async (lastEventId: string) => {
    const request = httpRequest({
      ...{ host: '127.0.0.1', port, path: '/v1/changes/business', agent: false },
      headers: { ...headers, ...(lastEventId && { 'last-event-id': lastEventId }) },
    });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`a stream was answered ${response.statusCode}`);
    return response;
  };
  void goOn(recorder, await open(''), open);
}

async function goOn(
  recorder: Recorder,
  first: IncomingMessage,
  open: (lastEventId: string) => Promise<IncomingMessage>,
): Promise<never> {
  let response: IncomingMessage | undefined = first;
  let lastEventId = '';
  for (;;) {
    if (response) lastEventId = await read(recorder, response, lastEventId);
    recorder.cut();
    await wait(RECONNECT_AFTER);
    response = await open(lastEventId).catch(() => undefined);
  }
}

/** @returns the last id, once the stream has ended */
function read(recorder: Recorder, response: IncomingMessage, lastEventId: string): Promise<string> {
  let [rest, last] = ['', lastEventId];
  // What is looked for is ASCII.
  response.setEncoding('latin1');
  response.on('data', (text: string) => {
    const end = text.lastIndexOf('\n\n');
    if (end < 0) {
      rest += text;
      return;
    }
    const messages = `\n${rest}${text.slice(0, end)}\n`;
    rest = text.slice(end + 2);
    recorder.take(messages);
    const at = messages.lastIndexOf(ID);
    if (at >= 0) last = messages.slice(at + ID.length, messages.indexOf('\n', at + ID.length));
  });
  response.on('error', () => {});
  return new Promise((resolve) => response.once('close', () => resolve(last)));
}
