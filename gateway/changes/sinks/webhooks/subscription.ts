/** A webhook subscription: the gateway sends the changes of a registry to an address of the system's. */

export type SubscriptionState = 'active' | 'paused' | 'ended';

/** The reason why a subscription ended. */
export type SubscriptionEndReason =
  /** Its owner deleted it. */
  | 'deleted'
  /** The endpoint answered 410. */
  | 'gone'
  | 'system_revoked'
  | 'agency_revoked'
  | 'agreement_revoked'
  | 'agreement_expired'
  /** It is no longer in the catalogue, or no longer with this system. */
  | 'agreement_withdrawn'
  /** It grants less than before: fields, rows or entities. */
  | 'agreement_narrowed';

/** The part of a grant that is compared to detect a narrowing. */
export interface GrantedEntity {
  /** Field paths. */
  readonly fields: readonly string[];
  /** Allowed values by scope dimension; `null`: all rows. */
  readonly scope: Readonly<Record<string, readonly string[]>> | null;
}

export interface Subscription {
  /** UUIDv7. */
  readonly id: string;
  readonly system: string;
  readonly agency: string;
  /** The agreement's number. */
  readonly agreement: string;
  readonly registry: string;
  /** `null`: all that the agreement grants. */
  readonly entities: readonly string[] | null;
  readonly url: string;
  readonly granted: Readonly<Record<string, GrantedEntity>>;
  readonly state: SubscriptionState;
  readonly reason: SubscriptionEndReason | null;
  /** When a held subscription ends, unless its grant comes back. Meanwhile nothing is delivered to it. */
  readonly heldUntil: Date | null;
  readonly createdAt: Date;
}

/** A subscription and its deliveries, for its owner. */
export interface SubscriptionStatus extends Subscription {
  /** The sequence of the last delivered event; 0: none yet. */
  readonly sequence: number;
  /** When the last delivery succeeded. */
  readonly deliveredAt: Date | null;
  readonly failingSince: Date | null;
  readonly attempts: number;
  readonly retryAt: Date | null;
  readonly failure: string | null;
  readonly deadLetters: number;
}
