/**
 * Webhooks as a transport: each batch is one signed POST of CloudEvents in the JSON batch format
 * (`application/cloudevents-batch+json`).
 *
 * | answer | result |
 * |---|---|
 * | 2xx | taken; the body is ignored |
 * | 410 | the subscription ends |
 * | 429 or 503 with `Retry-After` | tried again, not before that |
 * | anything else, a redirect too; no answer in time; none at all | tried again, later each time |
 * | the same for three days | the batch goes to the dead letters, and the next is sent |
 *
 * Between two attempts nothing is held in memory: the cursor's row has the time of the next one, so a restart or another leader
 * changes nothing. The evidence of each attempt is committed before it is made (`relay/subscription-loop.ts`).
 */
import { readRetryAfter } from '../../../../adapters/upstream/retry-after.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { batchWindowFor } from '../../relay/batch-window.ts';
import { type Fence, Fenced } from '../../relay/fence.ts';
import { Closed, Postponed, type Refused, type Transport } from '../../relay/sink.ts';
import { type ChangeEvent, structured } from '../../render/event.ts';
import type { WebhookCursors } from './cursors.ts';
import { type Posted, type PostParts, post, postFailures } from './post.ts';
import { retryAt } from './retries.ts';
import { createSlots } from './slots.ts';
import type { EndReason, Subscription } from './subscription.ts';

/** Events in one delivery. */
export const BATCH_EVENTS = 100;
const CONTENT_TYPE = 'application/cloudevents-batch+json';
/** Deliveries at once. */
const IN_ALL = 256;
/** Milliseconds of the batch window for each subscription: fifty of them have four deliveries a second each. */
const WINDOW_EACH = 5;
const PER_SYSTEM = 16;
/** The one reason for which deliveries are given up. */
const EXHAUSTED = 'retries_exhausted';
export const webhookRefusals = [EXHAUSTED];
/** Every outcome of an attempt, a label of metrics. */
export const webhookOutcomes = ['ok', ...postFailures, 'redirect', 'status_4xx', 'status_5xx'];

export interface WebhookTransportOptions {
  readonly post: PostParts;
  readonly cursors: WebhookCursors;
  /** An active subscription by its id. */
  readonly find: (id: string) => Subscription | undefined;
  /** How many are active. */
  readonly active: () => number;
  /** Ends a subscription, with evidence. */
  readonly end: (subscription: Subscription, reason: EndReason) => Promise<void>;
  /** Milliseconds after which a batch that nobody takes is given up. */
  readonly giveUpAfter: number;
  readonly metrics: Pick<Metrics, 'webhookDeliveries'>;
  readonly now: () => number;
}

/** An attempt that was not taken. */
interface Failed {
  /** For the subscriber. */
  readonly failure: string;
  /** For the operator's metrics. */
  readonly observed: string;
  readonly wanted: number | undefined;
  readonly gone: boolean;
}

export function createWebhookTransport(options: WebhookTransportOptions): Transport {
  const { cursors, find, active, end, giveUpAfter, metrics, now } = options;
  const slots = createSlots(IN_ALL, PER_SYSTEM);

  /** @returns why the endpoint did not take the batch; `undefined`: it did */
  async function attempt(
    subscription: Subscription,
    events: readonly ChangeEvent[],
    fence: Fence,
  ): Promise<Failed | undefined> {
    const leave = await slots.take(subscription.system, fence.signal);
    if (!leave) throw new Fenced();
    try {
      if (!fence.held()) throw new Fenced();
      const delivery = {
        url: subscription.url,
        contentType: CONTENT_TYPE,
        subscription: subscription.id,
        body: batchOf(events),
      };
      const posted = await post(options.post, delivery, fence.signal).catch(() => {
        throw new Fenced();
      });
      return judge(posted, now());
    } finally {
      leave();
    }
  }

  async function deliver(
    id: string,
    events: readonly ChangeEvent[],
    fence: Fence,
  ): Promise<readonly Refused[]> {
    const subscription = find(id);
    if (!subscription) throw new Closed();
    const failed = await attempt(subscription, events, fence);
    metrics.webhookDeliveries.inc({ outcome: failed?.observed ?? 'ok' });
    if (!failed) return [];
    if (failed.gone) {
      await end(subscription, 'gone');
      throw new Closed();
    }
    const known = cursors.failing(id);
    const since = known?.since ?? now();
    const attempts = (known?.attempts ?? 0) + 1;
    const next = retryAt({ failingSince: since, attempts, wanted: failed.wanted }, now(), giveUpAfter);
    if (next === undefined) return events.map((event) => ({ event, reason: EXHAUSTED }));
    const until = Number(events.at(-1)!.sequence);
    await cursors.postpone(id, { since, retryAt: next, attempts, until, failure: failed.failure });
    throw new Postponed();
  }

  return {
    maxEvents: BATCH_EVENTS,
    // A failure is stored in the cursor's row, which must be that of the delivery before.
    stepwise: true,
    batchWindow: () => batchWindowFor(active(), WINDOW_EACH),
    // A failing subscription prepares nothing ahead: the evidence would claim a delivery that only waits in memory.
    up: (destination) => destination === undefined || cursors.failing(destination)?.since === undefined,
    async open() {},
    send: deliver,
    async close() {},
  };
}

const [open, between, close] = ['[', ',', ']'].map((mark) => Buffer.from(mark)) as [Buffer, Buffer, Buffer];

/** The JSON batch format of CloudEvents, of halves that other subscriptions of the agreement share. */
function batchOf(events: readonly ChangeEvent[]): Buffer {
  const pieces = events.flatMap(({ halves, sequence, ...event }) => {
    const { head, tail } = halves ?? structured(event);
    return [between, head, Buffer.from(sequence, 'latin1'), tail];
  });
  return Buffer.concat([open, ...pieces.slice(1), close]);
}

function judge(posted: Posted, now: number): Failed | undefined {
  if (!posted.answered) {
    const { failure, observed } = posted;
    return { failure, observed, wanted: undefined, gone: false };
  }
  const { status } = posted;
  if (status >= 200 && status < 300) return undefined;
  const asks = status === 429 || status === 503;
  const failure = status >= 300 && status < 400 ? 'redirect' : `status_${Math.trunc(status / 100)}xx`;
  return {
    failure,
    observed: failure,
    wanted: asks ? readRetryAfter(posted.retryAfter, now) : undefined,
    gone: status === 410,
  };
}
