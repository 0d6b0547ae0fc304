/** The feed by pages: asks again with the cursor that it has, until a page comes. */
import { setTimeout as wait } from 'node:timers/promises';
import type { TestAgreement } from '../agreements.ts';
import type { Delivery } from '../ledger.ts';
import { asking, type Follow, type Subscriber } from './subscriber.ts';

const ANSWER_WITHIN = 4000;
const IDLE = 200;

/** A CloudEvent in JSON. */
export interface StructuredEvent {
  readonly id: string;
  readonly subject: string;
  readonly type: string;
  readonly agreement: string;
  readonly sequence: string;
  readonly entityversion: string;
  readonly data: unknown;
}

interface Page {
  readonly data: readonly StructuredEvent[];
  readonly meta: { readonly next: string; readonly hasMore: boolean };
}

export const feedSubscriber = (agreement: TestAgreement): Subscriber => asking('feed', agreement, follow);

const follow: Follow = async ({ url, client }, { consumer }, take, signal) => {
  const tokens = await client(consumer);
  let after: string | undefined;

  async function ask(): Promise<Page | undefined> {
    try {
      const query = new URLSearchParams({ limit: '500', ...(after !== undefined && { after }) });
      const answer = await fetch(`${url}/v1/changes/business?${query}`, {
        headers: { authorization: `Bearer ${await tokens.token()}` },
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN)]),
      });
      if (answer.ok) return (await answer.json()) as Page;
      const text = await answer.text();
      if (answer.status !== 503) throw new WrongAnswer(`the feed was answered ${answer.status}: ${text}`);
    } catch (error) {
      // Cut off, refused for now, too slow: all of it passes.
      if (error instanceof WrongAnswer) throw error;
    }
    return undefined;
  }

  while (!signal.aborted) {
    const page = await ask();
    for (const event of page?.data ?? []) take(deliveryOf(event));
    after = page?.meta.next ?? after;
    if (!page?.meta.hasMore) await wait(IDLE, undefined, { signal }).catch(() => {});
  }
};

/** An answer that no fault excuses. */
class WrongAnswer extends Error {}

export function deliveryOf(event: StructuredEvent): Delivery {
  const { id, subject, type, agreement, sequence, entityversion, data, ...rest } = event;
  return {
    ...{ id, subject, type, agreement, data },
    sequence: Number(sequence),
    version: Number(entityversion),
    around: JSON.stringify([id, subject, type, agreement, sequence, entityversion, rest]),
  };
}
