/** A record as a snapshot's line or an event gives it. */
export interface Row {
  readonly subject: string;
  readonly version: number;
  /** `undefined`: the record is gone, or was never there. */
  readonly state?: unknown;
}
