/** The messages to and from the processes of the fan-out benchmark. Times are milliseconds since the epoch. */

/** Requests at a fixed pace, whatever the answers do: who waits for answers would not notice that they are late. */
export interface PacedJob {
  readonly port: number;
  readonly perSecond: number;
  /** Of every request. */
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly { readonly path: string; readonly body?: string }[];
  /** What every answer must have. */
  readonly status: number;
  /** Is what was answered 503 sent again, as a provider does? */
  readonly again: boolean;
}

export interface Paced {
  /** By request: when it was to be sent, and when its answer was there. */
  readonly dueAt: Float64Array;
  readonly answeredAt: Float64Array;
  /** What was wrong, at most a few. */
  readonly faults: readonly string[];
  readonly failed: number;
}

export type FollowJob =
  | {
      /** Begin to receive; subscribers are known by their index. */
      readonly kind: 'open';
      readonly port: number;
      /** Access tokens, one for each stream. */
      readonly tokens: readonly string[];
    }
  | {
      /** Wait until each has so many events, but no longer than `within` milliseconds, and report all. */
      readonly kind: 'finish';
      readonly counts: readonly number[];
      readonly within: number;
    };

export type Followed =
  | {
      readonly kind: 'open';
      /** Where webhooks are received; what comes to `/3` is for subscriber 3. */
      readonly port: number;
    }
  | { readonly kind: 'finish'; readonly received: readonly Received[] };

/** The events of one subscriber, in the order of arrival. */
export interface Received {
  readonly serials: Float64Array;
  readonly arrivedAt: Float64Array;
  /** What is wrong with the numbers of the events. */
  readonly faults: readonly string[];
  /** How often its connection ended. */
  readonly cuts: number;
  /** The first event, whole. */
  readonly sample: string;
}
