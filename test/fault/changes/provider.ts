/**
 * The provider: signs in as any system does and pushes the histories through the agencies' port, each worker its own
 * subjects, in order. A batch is pushed until it has a 201; what became of a push that got no answer is not known, and
 * does not matter, because pushing is idempotent.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { randomFrom } from '../../../deploy/sandbox/registries/random.ts';
import type { TokenClient } from '../../../gateway/client/client.ts';
import { type Change, historyOf } from './history.ts';
import type { Plan } from './plan.ts';
import type { Registry } from './registry.ts';
import { shuffled } from './shuffled.ts';

/** Milliseconds. A replica that stands still takes connections and answers none. */
const ANSWER_WITHIN = 4000;
const LONGEST_PAUSE = 1000;
/** So that the relay is never idle when a fault comes. */
const SLOW_BATCH = 3;
const SLOW_PAUSE = 100;

export interface Pushes {
  /** Changes of each subject with a 201, from its first on. */
  readonly acknowledged: Uint16Array;
  /** Changes of each subject that were sent, with or without an answer. */
  readonly attempted: Uint16Array;
  /** Answers but 201, and failures, by what they were. */
  readonly refusals: Map<string, number>;
  readonly total: number;
  readonly pushed: number;
}

export interface ProviderOptions {
  readonly url: string;
  readonly client: TokenClient;
  readonly plan: Plan;
  readonly seed: number;
  /** The subjects' identifiers, by serial. */
  readonly codes: readonly string[];
  /** The registry itself, which changes before the provider publishes. */
  readonly registry: Pick<Registry, 'set'>;
  /** How much of the faults is over, from 0 to 1: until then changes are kept in hand. */
  readonly progress: () => number;
  readonly signal: AbortSignal;
}

export interface Provider {
  readonly pushes: Pushes;
  /** Pushes all of it. Rejects when an answer is wrong. */
  push(): Promise<void>;
}

export function createProvider(options: ProviderOptions): Provider {
  const { url, client, plan, seed, codes, registry, progress, signal } = options;
  const total = plan.subjects * plan.versions;
  const acknowledged = new Uint16Array(plan.subjects);
  const attempted = new Uint16Array(plan.subjects);
  const refusals = new Map<string, number>();
  const agent = new Agent({ connections: plan.workers, pipelining: 1, headersTimeout: ANSWER_WITHIN });
  let begun = 0;
  let pushed = 0;

  const pause = (ms: number) => wait(Math.min(ms, LONGEST_PAUSE), undefined, { signal }).catch(() => {});

  function refuse(what: string): void {
    refusals.set(what, (refusals.get(what) ?? 0) + 1);
  }

  /** @returns the answer, or `undefined` when there was none */
  async function attempt(body: string) {
    try {
      const authorization = `Bearer ${await client.token()}`;
      const answer = await request(`${url}/v1/business/changes`, {
        method: 'POST',
        dispatcher: agent,
        headers: { authorization, 'content-type': 'application/json' },
        body,
        bodyTimeout: ANSWER_WITHIN,
        signal,
      });
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    } catch (error) {
      const { code, name } = error as { code?: string; name: string };
      refuse(`no answer (${code ?? name})`);
      return undefined;
    }
  }

  async function push(changes: readonly Change[]): Promise<void> {
    const body = JSON.stringify({ changes });
    let mayBeStored = false;
    while (!signal.aborted) {
      const answer = await attempt(body);
      if (answer?.status === 201) return check(answer.text, changes.length, mayBeStored);
      if (!answer) {
        mayBeStored = true;
        await pause(200);
      } else if (answer.status === 503) {
        const code = /"code":"(\w+)"/.exec(answer.text)?.[1];
        refuse(`503 ${code}`);
        // It may have been committed before the connection to PostgreSQL, or the evidence, was lost.
        mayBeStored = true;
        if (!/^\d+$/.test(String(answer.headers['retry-after'])))
          throw new Error(`503 ${code} without Retry-After`);
        await pause(Number(answer.headers['retry-after']) * 1000);
      } else {
        throw new Error(`a push was answered ${answer.status}: ${answer.text.slice(0, 1000)}`);
      }
    }
  }

  async function work(number: number): Promise<void> {
    const random = randomFrom(seed + number);
    const serials = codes.keys().filter((serial) => serial % plan.workers === number);
    const histories = new Map(
      serials.map((serial) => [serial, historyOf(seed, serial, codes[serial]!, plan.versions)] as const),
    );
    const order = shuffled(
      [...histories.keys()].flatMap((serial) => Array<number>(plan.versions).fill(serial)),
      random,
    );
    while (order.length > 0 && !signal.aborted) {
      const slowly = pushed / total > 0.25 + 0.75 * progress();
      const batch = order.splice(-random.between(1, slowly ? SLOW_BATCH : plan.largestBatch));
      const changes = batch.map((serial) => histories.get(serial)!.next().value as Change);
      for (const serial of batch) attempted[serial]! += 1;
      for (const { subject, data } of changes) registry.set(subject, data);
      await push(changes);
      if (signal.aborted) return;
      for (const serial of batch) acknowledged[serial]! += 1;
      pushed += batch.length;
      // Not faster than the plan's spread: what is late is not made up for.
      const early = (pushed / total) * plan.spread - (performance.now() - begun);
      const rest = Math.max(early, slowly ? SLOW_PAUSE : 0);
      if (rest > 0) await wait(rest, undefined, { signal }).catch(() => {});
    }
  }

  return {
    pushes: {
      ...{ acknowledged, attempted, refusals, total },
      get pushed() {
        return pushed;
      },
    },
    async push() {
      begun = performance.now();
      try {
        await Promise.all(Array.from({ length: plan.workers }, (_, number) => work(number)));
      } finally {
        await agent.destroy();
      }
    },
  };
}

/** All of a batch is stored at once, or nothing: and nothing is known already unless it may have been stored before. */
function check(text: string, size: number, mayBeStored: boolean): void {
  const { accepted, duplicates } = JSON.parse(text) as { accepted: number; duplicates: number };
  const right = accepted === size && duplicates === 0;
  const again = mayBeStored && accepted === 0 && duplicates === size;
  if (!right && !again) throw new Error(`a push of ${size} changes was answered ${text}`);
}
