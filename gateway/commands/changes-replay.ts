/**
 * `lienthong changes replay`: sends changes again, with the same ids and sequence numbers; `lienthong changes dead-letters`:
 * lists the deliveries that were given up. For operators: both use the operators' port, with its token.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { operatorTokenOf } from '../config/config.ts';
import { readMember } from './gateway/answers.ts';
import { addressOf, reach } from './gateway/client.ts';
import { CommandError, exitStatus } from './terminal/command.ts';
import { readNumber, readOptions } from './terminal/options.ts';

export const replayUsage = `lienthong changes replay (--subscription ID | --agreement NUMBER [--registry R] [--entity E] [--sink NAME])
    (--sequence N | --time RFC3339 | --dead-letters | --everything) --by WHO --reason WHY
    [--url http://127.0.0.1:9090]   the operators' port; its token is OPERATOR_TOKEN, or in the file OPERATOR_TOKEN_FILE
  lienthong changes dead-letters [--destination TOPIC|SUBSCRIPTION] [--limit 100] [--url …]`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const url = { type: 'string', default: 'http://127.0.0.1:9090' } as const;

/** Milliseconds to wait until the leader has performed the replay. */
const PATIENCE = 30_000;

interface Replay {
  readonly id: string;
  readonly outcome: 'performed' | 'void' | null;
}

/** @returns the exit status: `done` when it was performed, or nothing is to be sent again; else `refused` */
export async function replay(args: string[]): Promise<number> {
  const { values } = readOptions({
    args,
    options: {
      ...{ subscription: text, agreement: text, registry: text, entity: text, sink: text },
      ...{ sequence: text, time: text, 'dead-letters': flag, everything: flag, by: text, reason: text, url },
    },
  });
  const { subscription, agreement, registry, entity, sink, by, reason } = values;
  const from = fromOf(values);
  if (!subscription === !agreement) throw new CommandError('name one: --subscription or --agreement');
  if (!from) throw new CommandError('name one: --sequence, --time, --dead-letters or --everything');
  if (!by || !reason) throw new CommandError('name who decides and why: --by and --reason');
  const body = { subscription, agreement, registry, entity, sink, from, by, reason };
  return reach(values.url, async () => {
    let replays = await ask<Replay[]>(values.url, 'replays', JSON.stringify(body));
    if (replays.length === 0) console.error('nothing was sent since then');
    const end = Date.now() + PATIENCE;
    while (replays.some(({ outcome }) => outcome === null) && Date.now() < end) {
      await wait(250);
      replays = await Promise.all(replays.map(({ id }) => ask<Replay>(values.url, `replays/${id}`)));
    }
    for (const one of replays) console.log(JSON.stringify(one));
    if (replays.some(({ outcome }) => outcome === null)) {
      console.error('no leader has performed it yet; it will');
    }
    return replays.every(({ outcome }) => outcome === 'performed') ? exitStatus.done : exitStatus.refused;
  });
}

/** Prints the newest dead letters, one JSON line each. */
export async function deadLetters(args: string[]): Promise<number> {
  const { values } = readOptions({ args, options: { destination: text, limit: text, url } });
  const { destination, limit } = values;
  const query = new URLSearchParams({ ...(destination && { destination }), ...(limit && { limit }) });
  return reach(values.url, async () => {
    for (const one of await ask<object[]>(values.url, `dead-letters?${query}`))
      console.log(JSON.stringify(one));
    return 0;
  });
}

function fromOf(values: {
  readonly sequence?: string | undefined;
  readonly time?: string | undefined;
  readonly 'dead-letters': boolean;
  readonly everything: boolean;
}): object | undefined {
  const given = [
    values.sequence !== undefined && {
      sequence: readNumber(values.sequence, '--sequence', 1, Number.MAX_SAFE_INTEGER),
    },
    values.time !== undefined && { time: values.time },
    values['dead-letters'] && { deadLetters: true },
    values.everything && { everything: true },
  ].filter((one) => one !== false);
  return given.length === 1 ? given[0] : undefined;
}

/** @throws CommandError with the gateway's message, or when no gateway answers */
async function ask<T>(url: string, path: string, body?: string): Promise<T> {
  const token = operatorTokenOf();
  if (!token) throw new CommandError('OPERATOR_TOKEN, or OPERATOR_TOKEN_FILE, must be set');
  const response = await fetch(`${addressOf(url)}/admin/changes/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'accept-language': 'en',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(60_000),
  });
  return readMember<T>(url, response, 'data');
}
