/** What the processes of the change benchmark are told, and tell. */

export interface PushJob {
  readonly port: number;
  /** Access token of the provider. */
  readonly token: string;
  /** The first batch's number: each batch of a run is pushed once. */
  readonly first: number;
  readonly batches: number;
  /** Calls in flight. */
  readonly concurrency: number;
}

/** Milliseconds since the epoch. */
export interface Pushed {
  readonly startedAt: number;
  readonly endedAt: number;
}

export type ProducerJob =
  | {
      /** Read so many messages of a topic, and keep them. */
      readonly kind: 'read';
      readonly brokers: readonly string[];
      readonly topic: string;
      readonly count: number;
    }
  | {
      /** Send kept ones to a topic, and say how long that took. */
      readonly kind: 'send';
      readonly topic: string;
      /** How many of them; from the first again when there are fewer. */
      readonly count: number;
      readonly batchSize: number;
    };

export interface Produced {
  readonly messages: number;
  readonly bytes: number;
  readonly seconds: number;
}
