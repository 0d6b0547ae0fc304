/**
 * Webhooks as a transport: each batch is one signed POST of CloudEvents in the JSON batch format
 * (`application/cloudevents-batch+json`).
 *
 * | answer | result |
 * |---|---|
 * | 2xx | the batch is delivered; the body is ignored |
 * | 410 | the subscription ends |
 * | 429 or 503 with `Retry-After` | a retry, not before that time |
 * | another status, a redirect included; no answer, or none in time | retries with a growing delay |
 * | failures for `WEBHOOK_RETRY_HOURS` | the events become dead letters, and the next batch is sent |
 *
 * Between two attempts the gateway holds nothing in memory: the cursor's row has the time of the next attempt, so that a restart or a
 * change of the leader has no effect. The evidence of each attempt is committed before the attempt (`relay/subscription-loop.ts`).
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
import type { Subscription, SubscriptionEndReason } from './subscription.ts';

/** The most events in one delivery. */
export const DELIVERY_EVENTS = 100;
const CONTENT_TYPE = 'application/cloudevents-batch+json';
/** The most concurrent deliveries. */
const IN_ALL = 256;
/** Milliseconds that each active subscription adds to the batch window: with fifty, each gets four deliveries a second. */
const WINDOW_EACH = 5;
/** The most concurrent deliveries to one system. */
const PER_SYSTEM = 16;
/** The reason of the dead letters of webhooks. */
const EXHAUSTED = 'retries_exhausted';
export const webhookRefusals = [EXHAUSTED];
/** Every outcome of an attempt, a label of metrics. */
export const webhookOutcomes = ['ok', ...postFailures, 'redirect', 'status_4xx', 'status_5xx'];

export interface WebhookTransportOptions {
  readonly post: PostParts;
  readonly cursors: WebhookCursors;
  /** An active subscription by its id. */
  readonly find: (id: string) => Subscription | undefined;
  /** The number of active subscriptions. */
  readonly active: () => number;
  /** Ends a subscription, with evidence. */
  readonly end: (subscription: Subscription, reason: SubscriptionEndReason) => Promise<void>;
  /** Milliseconds of failures after which the events of a batch become dead letters. */
  readonly giveUpAfter: number;
  readonly metrics: Pick<Metrics, 'webhookDeliveries'>;
  readonly now: () => number;
}

/** A failed attempt. */
interface Failed {
  /** The cause as the subscriber may see it. */
  readonly failure: string;
  /** The cause as the operator's metrics have it. */
  readonly observed: string;
  readonly wanted: number | undefined;
  readonly gone: boolean;
}

export function createWebhookTransport(options: WebhookTransportOptions): Transport {
  const { cursors, find, active, end, giveUpAfter, metrics, now } = options;
  const slots = createSlots(IN_ALL, PER_SYSTEM);

  /** @returns `undefined`: the endpoint has accepted the batch */
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
      return failureOf(posted, now());
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
    maxEvents: DELIVERY_EVENTS,
    // A failure is stored in the cursor's row, which must already have the position of the previous delivery.
    stepwise: true,
    batchWindow: () => batchWindowFor(active(), WINDOW_EACH),
    // No batch is prepared for a failing subscription: the evidence would record a delivery that only waits in memory.
    up: (destination) => destination === undefined || cursors.failing(destination)?.since === undefined,
    async open() {},
    send: deliver,
    async close() {},
  };
}

const [open, between, close] = ['[', ',', ']'].map((mark) => Buffer.from(mark)) as [Buffer, Buffer, Buffer];

/** Builds the JSON batch format of CloudEvents from rendered parts, which the subscriptions of an agreement share. */
function batchOf(events: readonly ChangeEvent[]): Buffer {
  const pieces = events.flatMap(({ halves, sequence, ...event }) => {
    const { head, tail } = halves ?? structured(event);
    return [between, head, Buffer.from(sequence, 'latin1'), tail];
  });
  return Buffer.concat([open, ...pieces.slice(1), close]);
}

function failureOf(posted: Posted, now: number): Failed | undefined {
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
