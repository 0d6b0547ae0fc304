/** The messages to and from the processes of the change benchmark. Times are milliseconds since the epoch. */

export interface PushJob {
  readonly port: number;
  /** Access token of the provider. */
  readonly token: string;
  /** The first change's number: each change is pushed once. */
  readonly first: number;
  /** Changes of a call. */
  readonly size: number;
  /** For how long new calls begin. */
  readonly seconds: number;
  /** Calls in flight. */
  readonly concurrency: number;
  /** So many changes a second; left out: as fast as they are taken. */
  readonly perSecond?: number;
}

export interface Pushed {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly changes: number;
  /** Calls that were answered 503 with Retry-After, and sent again. */
  readonly heldBack: number;
}

/** Reads so many messages of a topic, and keeps them, to send them later. */
export interface ReadJob {
  readonly kind: 'read';
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly count: number;
}

/** Sends what was read, again and again, for so long. */
export interface SendJob {
  readonly kind: 'send';
  readonly topic: string;
  readonly seconds: number;
  readonly batchSize: number;
}

/** The same by way of a table. */
export interface OutboxJob extends SendJob {
  readonly databaseUrl: string;
  /** Batches that are being inserted at a time. */
  readonly concurrency: number;
}

export interface Produced {
  readonly messages: number;
  /** From the first message's departure until the last was acknowledged. */
  readonly seconds: number;
  /** On average, of key, value and headers. */
  readonly messageBytes: number;
}

export type ArrivalsJob =
  | { readonly kind: 'join'; readonly brokers: readonly string[]; readonly topic: string }
  /** Waits until messages up to this number have come. */
  | { readonly kind: 'arrived'; readonly after: number; readonly last: number };

/** When each message came, by its number less `after + 1`. */
export interface Arrivals {
  readonly at: readonly number[];
}
