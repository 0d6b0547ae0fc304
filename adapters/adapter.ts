/**
 * The port between the gateway and a registry.
 *
 * An adapter translates the canonical request of a contract into its registry's own protocol, and the answer
 * back. It knows nothing of agencies' rights: the gateway has decided before it calls, and minimises after.
 *
 * An implementation
 * - MUST answer within `call.deadline`, or throw `UpstreamError('timeout')`; it MUST NOT hang.
 * - MUST send `call.requestId`, and the case and the officer where its protocol has a place for them.
 * - MUST return `absent` when the registry has no such record, and throw for everything else that is no answer.
 * - MUST map every upstream field that the canonical model has, and MUST NOT invent a value that is missing.
 * - MUST NOT retry a call that is not idempotent, keep an answer, or log any part of it.
 * - MUST NOT put an upstream's text into an error: it may name a person.
 */
export interface Adapter {
  /** The registry that this adapter speaks to: `population`, `business`, `land`. */
  readonly registry: string;
  /** One operation for each service of the registry, by service name (`population.person.lookup`). */
  readonly operations: Readonly<Record<string, Operation>>;
  /** Each upstream behind the adapter, with the state of its circuit breaker: what readiness and metrics show. */
  upstreams(): readonly UpstreamState[];
  /** Closes connections. MUST resolve after calls in flight have ended. */
  close(): Promise<void>;
}

/**
 * Performs one service. `request` has passed the contract's request schema; the answer will be checked against
 * the response schema by the gateway.
 */
export type Operation = (request: never, call: Call) => Promise<Answer>;

/** What a call carries beside its request. */
export interface Call {
  /** UUID of the call; becomes the upstream's request id. */
  readonly requestId: string;
  /** The calling agency's code (`H26`) and system (`H26.motcua`). */
  readonly agency: string;
  readonly system: string;
  /** The declared purpose, dossier (at most 40 characters) and officer (at most 20). */
  readonly purpose: string;
  readonly caseId?: string;
  readonly officerId?: string;
  /** When the answer is no longer wanted, in milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/** `data` is canonical; `asOf` is the registry's own time of the record (RFC 3339), absent when it tells none. */
export type Answer =
  | { readonly found: true; readonly data: unknown; readonly asOf?: string; readonly nextPageToken?: string }
  | typeof absent;

/** The registry has no such record. */
export const absent: { readonly found: false } = Object.freeze({ found: false });

export interface UpstreamState {
  /** `population`, `land/01` … */
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
}

/** Why there is no answer; the gateway turns each into one status and code. */
export type UpstreamFailure =
  /** The registry refused the gateway or the officer (`reason` is a fixed word of ours, never the upstream's text). */
  | 'refused'
  /** No answer within the deadline. */
  | 'timeout'
  /** The breaker is open or every connection is taken: not asked at all. */
  | 'unavailable'
  /** Not reachable, connection lost, or a server error. */
  | 'failed'
  /** An answer that cannot be read or does not hold what it must. */
  | 'malformed';

export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly failure: UpstreamFailure;
  /** A fixed word for the caller: `officer_not_permitted`, `procedure_not_licensed`, `credentials_refused` … */
  readonly reason: string | undefined;
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(
    failure: UpstreamFailure,
    options: { reason?: string; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(`upstream ${failure}${options.reason ? ` (${options.reason})` : ''}`, { cause: options.cause });
    this.failure = failure;
    this.reason = options.reason;
    this.retryAfter = options.retryAfter;
  }
}
