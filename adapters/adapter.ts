/**
 * The port between the gateway and a registry.
 *
 * An adapter translates the canonical request of a contract into its registry's own protocol, and the answer
 * back. It knows nothing of agencies' rights: the gateway decides before it calls, and minimises afterwards.
 *
 * An implementation
 * - MUST answer within `call.deadline`, or throw `UpstreamError('timeout')`; it MUST NOT hang.
 * - MUST send `call.requestId`, and the case and the officer where its protocol has fields for them.
 * - MUST return `absent` only for the answers that mean "no such record" in the registry's protocol, and throw for every other
 *   answer
 *   without a record: nothing is absent because a part is missing, empty, or not understood (`records/none.ts`). The same holds
 * for
 *   empty lists, for the end of a scan or a journal, and for `rejected` and `unknown`.
 * - MUST map every upstream field that the canonical model has, and MUST NOT invent a value that is missing.
 * - MUST NOT retry a call that is not idempotent, keep an answer, or log any part of it.
 * - MUST NOT put an upstream's text into an error: it may name a person.
 * - MUST NOT pass on an unsound text (`values/unicode.ts`), a number that can be read in two ways, or a moment that is not in the
 *   form of RFC 3339 (`values/rfc3339.ts`); the readers of `records/mapping.ts` ensure all three.
 *
 * `call.within` is the scope of the caller's agreement. Nothing outside the scope may show, so an implementation
 * - MUST decide by the registry's own fields, before it maps or checks anything else of a record, whether the record is
 *   inside (`records/within.ts`); a record outside, or an undecided one, is `absent`, whatever else is wrong with it;
 * - MUST NOT ask an upstream that is known to have nothing inside;
 * - MUST, in an operation that lists, drop rows outside before it pages: rows outside take no room on a page, and
 *   `nextPageToken`, and its presence, depend on the rows inside alone;
 * - MUST apply every dimension that the contract of a list names in `scopedBy`.
 */
export interface Adapter {
  /** The registry that this adapter speaks to: `population`, `business`, `land`. */
  readonly registry: string;
  /**
   * One operation for each version of each service of the registry, by name and major version
   * (`population.person.lookup@1`). Two versions side by side are two operations: each answers by its own contract.
   */
  readonly operations: Readonly<Record<string, Operation>>;
  /**
   * One for each service that changes the registry, by name and major version (`land.parcel.register-transfer@1`); none: read
   * only.
   */
  readonly writes?: Readonly<Record<string, Write>>;
  /** One for each entity whose records the registry can list, by name and the version of its state (`enterprise@1`). */
  readonly scans?: Readonly<Record<string, Scan>>;
  /** Reads the registry's journal of changes; left out: the registry has no journal to read, and its provider pushes. */
  readonly changesSince?: ChangesSince;
  /** The entities that `changesSince` covers, each with the version of its states (`enterprise@1`). */
  readonly journal?: readonly string[];
  /** The state of each upstream behind the adapter, for readiness and metrics. */
  upstreams(): readonly UpstreamState[];
  /** Checks whether one of `upstreams` is well. */
  readonly probe: Probe;
  /** Closes connections. MUST resolve after calls in flight have ended. */
  close(): Promise<void>;
}

/**
 * Performs one service. `request` has passed the contract's request schema; the gateway checks the answer against the response
 * schema. `request.pageToken`, where a list has one, is a `nextPageToken` of this operation, for the same request and scope: the
 * gateway seals it on the way out and opens it on the way back.
 */
export type Operation = (request: never, call: CallContext) => Promise<RegistryAnswer>;

/**
 * Changes a record of the registry. The gateway has recorded the request durably and finds out its outcome, however this call
 * ends; so an implementation
 * - MUST give `call.requestId` to the registry as the request's own id, unchanged: `outcome` asks by it;
 * - MUST throw `refused` or `unavailable` only when it is certain that nothing was changed, and never will be by this
 *   request; a failure that leaves this open (no answer, a server error, an unreadable answer) MUST be thrown as another one;
 * - MUST return `rejected`, and MUST NOT throw, when the registry decided against the request;
 * - MUST NOT send a request a second time, in any way, unless `deduplicates`;
 * - MUST NOT report `applied` without the record's whole state after the change, and its version.
 */
export interface Write {
  /**
   * Does the registry apply a request id only once, and repeat its first answer each time? Only then does the gateway send a
   * request with an unknown outcome again.
   */
  readonly deduplicates: boolean;
  perform(request: never, call: CallContext): Promise<WriteOutcome>;
  /**
   * Finds out the outcome of an earlier request. MUST NOT change anything. MUST return `unknown` when the registry has not seen
   * the request (it may still be on its way), and throw when the registry cannot be asked.
   * @param id `call.requestId` of the earlier request; `call` is the context of this question
   * @param request the earlier request itself: it decides which upstream is asked
   */
  outcome(id: string, request: never, call: CallContext): Promise<WriteOutcome | Unknown>;
  /**
   * Is the record of a request within `call.within`, by the registry's present state? The gateway asks when the registry decided
   * against a request of a caller with a scope: the caller may see the reason only for a record within. MUST NOT change anything,
   * and MUST ask the registry the same for a record within, outside or absent. Left out: unknown.
   */
  isWithin?(request: never, call: CallContext): Promise<boolean>;
}

export type WriteOutcome = Applied | Rejected;

export interface Applied {
  readonly state: 'applied';
  /** The whole canonical record after the change. */
  readonly data: unknown;
  /** The registry's own number, the version of the published change: higher is newer. */
  readonly version: number;
  readonly operation: 'created' | 'updated' | 'deleted';
  /** JSON Pointers into `data`. */
  readonly changedFields: readonly string[];
  /** RFC 3339: the time at which the registry applied the change. */
  readonly occurredAt: string;
}

export interface Rejected {
  readonly state: 'rejected';
  readonly reason: Rejection;
}

/** The reasons for which a registry decides against a write, as fixed words (docs/errors.md, "Reasons"). */
export type Rejection =
  /** The record does not exist. */
  | 'no_such_record'
  /** The record does not have, or no longer has, the version that the request names. */
  | 'version_stale'
  /** A giver does not have the share that the request takes from them. */
  | 'givers_invalid'
  /** A taker is in no registry. */
  | 'takers_invalid'
  /** The shares that are given and taken differ. */
  | 'shares_differ'
  /** The place does not exist. */
  | 'place_invalid'
  /** The record has the requested state already. */
  | 'already_so'
  /** For a reason without a known word. */
  | 'request_rejected';

/** The registry has not seen the request, or does not know yet. */
export interface Unknown {
  readonly state: 'unknown';
}

export const unknown: Unknown = Object.freeze({ state: 'unknown' });

/**
 * Lists the records of an entity, page by page, in the order of the registry's own key. Copies start from it and are checked with
 * it, so an implementation
 * - MUST show every change that was published before the first page was asked for;
 * - MUST NOT leave out, or list twice, a record that exists from the first page to the last, whatever is added, changed
 *   or removed meanwhile: it pages by key, not by offset;
 * - MUST NOT stop at a record that it cannot read: it counts it;
 * - MUST give with each record the version that its changes are published with.
 */
export type Scan = (question: ScanQuestion, call: CallContext) => Promise<ScanPage>;

export interface ScanQuestion {
  /** `next` of the page before; `undefined` starts at the first record. */
  readonly after: string | undefined;
  /** Most records of the page; 1 to 1000. */
  readonly limit: number;
  /** Records outside MAY be left out, records inside MUST NOT. */
  readonly within?: Within | undefined;
  /** The page MUST end after this many rows within; 1 to `limit`. Left out: after `limit` records. */
  readonly rows?: number | undefined;
}

export interface ScanPage {
  readonly rows: readonly ScanRow[];
  /** Number of records that cannot be read; with `within`, only those that are certain to be inside. */
  readonly unreadable: number;
  /** With `within`, the number of all other records that cannot be read: for the operator, never for the caller. */
  readonly hidden?: number;
  /** Cursor of the next page, in a format of the adapter; `undefined`: this was the last page. It may name a record. */
  readonly next: string | undefined;
}

export interface ScanRow {
  /** Canonical. */
  readonly data: unknown;
  /** The registry's own number: higher is newer. */
  readonly version: number;
}

/**
 * Reads one page of the registry's journal, from `cursor` on (`undefined`: from a day ago). The gateway stores the page's changes
 * and its cursor in one transaction, then asks with that cursor: also after a crash, from another machine, or with the same
 * cursor twice. So an implementation
 * - MUST deliver every change of the journal at least once along a chain of cursors, also one that is entered late (the docs
 *   state by how much), and one that is entered while the journal is being paged; duplicates do no harm;
 * - MUST NOT keep state between two calls: the cursor holds all of it;
 * - MUST bound a page (100 changes), and its cursor (64 KiB);
 * - MUST give with each change the version of the state that it delivers, not of the one that the journal announced;
 * - MUST NOT stop at a record that it cannot read: it refuses it, with a fixed word;
 * - MUST throw `UpstreamError` when the registry's answer is not a page: then the page has not been read.
 */
export type ChangesSince = (cursor: string | undefined, question: ChangesQuestion) => Promise<ChangesPage>;

export interface ChangesQuestion {
  /** UUID; becomes the upstream's request id. */
  readonly requestId: string;
  /** Milliseconds since the epoch, by the clock that all replicas share. */
  readonly now: number;
  /** Milliseconds that one call to the registry may take. */
  readonly callWithin: number;
  /** This page has failed many times: a record that the registry does not answer for is refused now, not waited for. */
  readonly lastResort: boolean;
}

export interface ChangesPage {
  readonly changes: readonly JournalChange[];
  readonly refused: readonly RefusedEntry[];
  /** Number of journal entries whose record does not exist (yet): the adapter asks for them again while records may come late. */
  readonly vanished: number;
  /** The position after this page, as text in a format of the adapter. It MUST NOT name a person. */
  readonly cursor: string;
  /** Milliseconds since the epoch: the journal has been read up to this moment. */
  readonly readUpTo: number;
  /** Does the journal have more to read now? */
  readonly more: boolean;
  /** Number of calls to the registry for this page, by which the gateway bounds their rate. */
  readonly calls: number;
}

/** A state of a record, read because of a journal entry. */
export interface JournalChange {
  readonly entity: string;
  readonly subject: string;
  /** The registry's own number of the state: higher is newer. */
  readonly version: number;
  /** The record's first registration. */
  readonly isNew: boolean;
  /** RFC 3339, from the registry. */
  readonly occurredAt: string;
  /** The whole canonical record. */
  readonly data: unknown;
}

/** A journal entry that was refused, with as much of it as could be read. */
export interface RefusedEntry {
  readonly entity: string;
  readonly subject: string | undefined;
  readonly version: number | undefined;
  /** The registry's identifier of the entry: a dossier's number. */
  readonly reference: string | undefined;
  readonly reason: EntryRefusal;
  /** Names of the registry's fields; never a value. */
  readonly places: readonly string[];
}

export type EntryRefusal =
  /** The journal's entry lacks a required field. */
  | 'entry_malformed'
  /** The record does not conform to the registry's protocol. */
  | 'malformed'
  /** The registry withholds the record, or its answer could not be read, after many attempts. */
  | 'unreadable'
  /** The record is older than the journal's entry; it is read again while it may come late. */
  | 'state_behind_journal';

/** The context of a call, beside its request. */
export interface CallContext {
  /** UUID of the call; becomes the upstream's request id. */
  readonly requestId: string;
  /** The calling agency's code (`H26`) and system (`H26.motcua`). */
  readonly agency: string;
  readonly system: string;
  /** The declared purpose, dossier (at most 40 characters) and officer (at most 20). */
  readonly purpose: string;
  readonly caseId?: string;
  readonly officerId?: string;
  /** The caller's trace context (W3C), sent on unchanged where the protocol is HTTP. */
  readonly traceparent?: string | undefined;
  /** The moment after which the gateway needs no answer, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** The rows that the caller may see; left out: all. */
  readonly within?: Within | undefined;
}

/** A scope: the allowed values of each dimension that it restricts (`{ provinceCode: ["01"] }`). */
export type Within = Readonly<Record<string, readonly string[]>>;

/** A record, or a list of records. */
export interface Found {
  readonly found: true;
  /** Canonical. */
  readonly data: unknown;
  /** The registry's own time of the record (RFC 3339); left out when the registry states none. */
  readonly asOf?: string;
  /** For a list: the cursor of its next page, in a format of the adapter, at most 300 bytes. */
  readonly nextPageToken?: string;
  /** For a list: the number of rows left out because they are undecided. For the operator only. */
  readonly undecided?: number;
}

export interface Absent {
  readonly found: false;
  /** 1: a record exists and is undecided. For the operator only, like its cause. */
  readonly undecided?: number;
  readonly cause?: unknown;
}

export type RegistryAnswer = Found | Absent;

/** The registry has no such record, or none within. */
export const absent: { readonly found: false } = Object.freeze({ found: false });

export interface UpstreamState {
  /** `population`, `land/01` … */
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Time of the last answer, in milliseconds of `performance.now()`; left out: none yet. A refusal is an answer. */
  readonly answeredAt?: number | undefined;
  /** Time of the last failure; left out: none yet. */
  readonly failedAt?: number | undefined;
  /** The kind of that failure, if no answer came since. */
  readonly failure?: 'server_error' | UpstreamFailure | undefined;
}

/**
 * Asks an upstream a question whose answer does not matter. The gateway probes an upstream that has not answered for a while, or
 * has failed: so a breaker closes again without a call, and the state of an upstream without calls is known. The gateway reads the
 * result from `upstreams()`; so an implementation
 * - MUST ask as every call asks, over the same connections, through the same breaker and with the same credentials: a page
 *   from a proxy proves nothing;
 * - MUST NOT change anything, name a person, or ask for a record that may exist: it looks up a key that the registry's own rules
 *   never give out;
 * - MUST cost the registry no more than its cheapest look-up, and MUST ask no other upstream;
 * - MUST end by the deadline, and reject as calls do when there is no answer. "No such record" is an answer.
 */
export type Probe = (upstream: string, call: Pick<CallContext, 'requestId' | 'deadline'>) => Promise<void>;

/** The reasons for which there is no answer; the gateway maps each to one status and code. */
export type UpstreamFailure =
  /** The registry refused the gateway or the officer (`reason` is a fixed word, never the upstream's text). */
  | 'refused'
  /** No answer within the deadline. */
  | 'timeout'
  /** The breaker is open or every connection is taken: the upstream was not asked. */
  | 'unavailable'
  /** Not reachable, connection lost, or a server error. */
  | 'failed'
  /** An answer that cannot be read or lacks a required part. */
  | 'malformed';

export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly failure: UpstreamFailure;
  /** A fixed word for the caller: `officer_not_permitted`, `procedure_not_licensed`, `credentials_refused` … */
  readonly reason: string | undefined;
  /** Seconds after which another attempt makes sense. */
  readonly retryAfter: number | undefined;
  /**
   * Is the failure certain to be about a record within the scope, or about an answer without any record? Only then does a caller
   * with a scope get `malformed`.
   */
  readonly within: boolean;

  constructor(
    failure: UpstreamFailure,
    options: { reason?: string; retryAfter?: number; cause?: unknown; within?: boolean } = {},
  ) {
    super(`upstream ${failure}${options.reason ? ` (${options.reason})` : ''}`, { cause: options.cause });
    this.failure = failure;
    this.reason = options.reason;
    this.retryAfter = options.retryAfter;
    this.within = options.within ?? false;
  }
}
