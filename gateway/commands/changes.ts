/**
 * `lienthong changes tail`: the changes of a registry as the agreement grants them, one JSON line each. Reads a stream
 * and reopens it when it ends; with `--once`, or behind a proxy that does not support streams, it reads
 * pages.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { deadLetters, replay, replayUsage } from './changes-replay.ts';
import { clientOptions, clientUsage, openClient, reach } from './gateway/client.ts';
import { declaredHeaders, declaredOptions, declaredUsage, signer } from './gateway/declared.ts';
import { serverSentEvents } from './gateway/server-sent-events.ts';
import { type Command, CommandError, exitStatus } from './terminal/command.ts';
import { readOptions, readVerb } from './terminal/options.ts';

/** Milliseconds between polls without news, and before a lost stream is opened again. */
const PAUSE = 1000;

/** The reader's position: the cursor after the last printed change. */
interface Position {
  after: string | undefined;
}

export const command: Command = {
  usage: `lienthong changes tail --registry business ${clientUsage} [--after CURSOR] [--once] ${declaredUsage}
  ${replayUsage}`,
  async run(args) {
    const [verb, ...rest] = args;
    switch (readVerb(verb, ['tail', 'replay', 'dead-letters'])) {
      case 'replay':
        return replay(rest);
      case 'dead-letters':
        return deadLetters(rest);
      case 'tail':
        return tail(rest);
    }
  },
};

async function tail(args: string[]): Promise<number> {
  const { values } = readOptions({
    args,
    options: {
      ...clientOptions,
      registry: { type: 'string' },
      after: { type: 'string' },
      once: { type: 'boolean', default: false },
      ...declaredOptions,
    },
  });
  if (!values.registry) throw new CommandError('name the registry: --registry business');
  const { client, url, privateJwk, close } = await openClient(values);
  const signed = signer(client, privateJwk, values.sign);
  const position: Position = { after: values.after };
  const address = `${url}/v1/changes/${encodeURIComponent(values.registry)}`;
  const ask = async (accept: string, query: Readonly<Record<string, string>>) => {
    const search = new URLSearchParams({ ...query, ...(position.after && { after: position.after }) });
    const target = new URL(search.size > 0 ? `${address}?${search}` : address).href;
    const plain = { accept, 'accept-language': 'en', ...declaredHeaders(values) };
    const headers = await signed({ method: 'GET', url: target, headers: plain, body: undefined });
    return client.send(target, { headers });
  };
  return reach(url, async () => {
    if (values.once) {
      while (await printPage(await ask('application/json', { limit: '500' }), position));
      return 0;
    }
    let begun = false;
    for (;;) {
      const response = await ask('text/event-stream, application/json;q=0.5', {}).catch((error: unknown) => {
        // A gateway that answered before is expected to come back.
        if (begun) return undefined;
        throw error;
      });
      if (response && (await isThere(response, begun))) {
        begun = true;
        if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
          if (await printPage(response, position)) continue;
        } else if (await printStream(response, position)) continue;
      }
      await wait(PAUSE);
    }
  }).finally(close);
}

/** @returns false: retry later. @throws CommandError for a failure that a retry would not change */
async function isThere(response: Response, begun: boolean): Promise<boolean> {
  if (response.ok) return true;
  const text = await response.text();
  if (!begun || (response.status !== 429 && response.status !== 503))
    throw new CommandError(`HTTP ${response.status}: ${text}`, exitStatus.refused);
  await wait(Math.min(60, Number(response.headers.get('retry-after')) || 1) * 1000);
  return false;
}

/** @returns is there more to read now? */
async function printPage(response: Response, position: Position): Promise<boolean> {
  if (!response.ok) {
    throw new CommandError(`HTTP ${response.status}: ${await response.text()}`, exitStatus.refused);
  }
  const page = (await response.json()) as { data: unknown[]; meta: { next: string; hasMore: boolean } };
  for (const event of page.data) console.log(JSON.stringify(event));
  position.after = page.meta.next;
  return page.meta.hasMore;
}

/** @returns did the stream end regularly, so that it can be opened again at once? */
async function printStream(response: Response, position: Position): Promise<boolean> {
  try {
    for await (const { type, data, lastEventId } of serverSentEvents(response.body!)) {
      if (lastEventId !== '') position.after = lastEventId;
      if (type === 'message') console.log(data);
      if (type === 'end') return JSON.parse(data).reason === 'token_ended';
    }
  } catch {
    // The stream was cut off: the next one continues after the last printed change.
  }
  return false;
}
