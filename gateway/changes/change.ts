/** A change of one subject in one registry: the types that the whole event flow shares. */

export type Operation = 'created' | 'updated' | 'deleted';

/** Values of an entity's scope dimensions: `{ provinceCode: "01" }`. */
export type Dimensions = Readonly<Record<string, string>>;

/** A change in the form of a push. Unique by (registry, entity, subject, version). */
export interface PushedChange {
  readonly entity: string;
  /** The subject's identifier; the same as in `data`, if there is a state. */
  readonly subject: string;
  /** The registry's own number: higher is newer. */
  readonly version: number;
  readonly operation: Operation;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** JSON Pointers into `data`; `["/headOffice/detail"]`. */
  readonly changedFields: readonly string[];
  /** The full state after the change; null or absent when deleted. */
  readonly data?: unknown;
}

export interface PushedBatch {
  readonly changes: readonly PushedChange[];
}

/** A change in the form of the outbox. */
export interface StoredChange {
  readonly registry: string;
  /** The position in the registry's stream: 1, 2, 3 … without gaps, in the order of commits. */
  readonly position: number;
  readonly entity: string;
  readonly subject: string;
  readonly version: number;
  readonly operation: Operation;
  readonly occurredAt: string;
  readonly changedFields: readonly string[];
  /** The state after the change; `undefined` when deleted. Parsed once or twice, however many agreements read it. */
  readonly data: unknown;
  /** A newer version was known when this change arrived, or a correction has replaced it. */
  readonly superseded: boolean;
  /** Scope dimensions of the state before; `undefined`: there was no state, or the gateway does not know it. */
  readonly before: Dimensions | undefined;
  /** Scope dimensions of the state after; `undefined` when deleted. */
  readonly after: Dimensions | undefined;
  /** Milliseconds since the epoch: when the outbox stored it. */
  readonly recordedAt: number;
}
