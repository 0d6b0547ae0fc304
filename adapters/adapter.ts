/**
 * The port between the gateway and a registry.
 *
 * An adapter translates the canonical request of a contract into its registry's own protocol, and the answer
 * back. It knows nothing of agencies' rights: the gateway has decided before it calls, and minimises after.
 *
 * An implementation
 * - MUST answer within `call.deadline`, or throw `UpstreamError('timeout')`; it MUST NOT hang.
 * - MUST send `call.requestId`, and the case and the officer where its protocol has a place for them.
 * - MUST return `absent` only for what the registry's protocol says means "no such record", and throw for everything else that is
 *   no answer: nothing is absent because something is missing, empty, or not understood (`records/none.ts`). The same holds of empty
 *   lists, of the end of a scan or a journal, and of `rejected` and `unknown`.
 * - MUST map every upstream field that the canonical model has, and MUST NOT invent a value that is missing.
 * - MUST NOT retry a call that is not idempotent, keep an answer, or log any part of it.
 * - MUST NOT put an upstream's text into an error: it may name a person.
 * - MUST NOT pass on text that is none (`values/unicode.ts`), a number that can be read in two ways, or a moment that is not as
 *   RFC 3339 writes it (`values/rfc3339.ts`); the readers of `records/mapping.ts` see to all three.
 *
 * `call.within` is the scope of the caller's agreement. What is outside must not show, so an implementation
 * - MUST decide by the registry's own fields, before it maps or checks anything else of a record, whether the record is
 *   inside (`records/within.ts`); a record outside, or one of which that cannot be said, is `absent`, whatever else is wrong with it;
 * - MUST NOT ask an upstream of which it is known that it has nothing inside;
 * - MUST, in an operation that lists, leave out what is outside before it pages: rows outside take no room on a page, and
 *   `nextPageToken`, and whether there is one, depend on the rows inside alone;
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
  /** One for each service that changes the registry, by name and major version (`land.parcel.register-transfer@1`); none: it is only read. */
  readonly writes?: Readonly<Record<string, Write>>;
  /**
   * One for each entity whose records the registry can list, by name and the version of its state (`enterprise@1`); none:
   * it cannot list.
   */
  readonly scans?: Readonly<Record<string, Scan>>;
  /** Reads the registry's journal of changes; none: it keeps none that can be asked, and its provider pushes. */
  readonly changesSince?: ChangesSince;
  /** The entities that `changesSince` brings, each with the version of its states (`enterprise@1`). */
  readonly journal?: readonly string[];
  /** Each upstream behind the adapter, and how it is known to be: what readiness and metrics show. */
  upstreams(): readonly UpstreamState[];
  /** Asks one of `upstreams` whether it is well. */
  readonly probe: Probe;
  /** Closes connections. MUST resolve after calls in flight have ended. */
  close(): Promise<void>;
}

/**
 * Performs one service. `request` has passed the contract's request schema; the answer will be checked against
 * the response schema by the gateway. `request.pageToken`, where a list has one, is a `nextPageToken` of this operation,
 * for the same request and scope: the gateway seals it on its way out, and opens it on its way back.
 */
export type Operation = (request: never, call: CallContext) => Promise<RegistryAnswer>;

/**
 * Changes a record of the registry. Whoever calls has noted the request durably, and will find out what became of it,
 * however this call ends; so an implementation
 * - MUST give `call.requestId` to the registry as the request's own id, unchanged: `outcome` is asked by it;
 * - MUST throw `refused` or `unavailable` only when it is certain that nothing was changed, and never will be by this
 *   request; whatever leaves that open (no answer, a server error, an answer that cannot be read) is another failure;
 * - MUST return `rejected` for what the registry decided against, and MUST NOT throw for it;
 * - MUST NOT send a request a second time, in any way, unless `deduplicates`;
 * - MUST NOT report `applied` without the record's whole state after the change, and its version.
 */
export interface Write {
  /**
   * Does the registry apply a request id once, however often it comes, and answer each time as it did first? A request
   * whose outcome is unknown is sent again only then.
   */
  readonly deduplicates: boolean;
  perform(request: never, call: CallContext): Promise<WriteOutcome>;
  /**
   * What became of the request with an id. MUST NOT change anything. MUST return `unknown` when the registry has not seen
   * it (it may still be on its way), and throw when it cannot be asked.
   * @param id `call.requestId` of the request; `call` here is that of the question
   * @param request the same as was performed: it says where to ask
   */
  outcome(id: string, request: never, call: CallContext): Promise<WriteOutcome | Unknown>;
  /**
   * Is the record that a request is about within `call.within`, as the registry has it now? Asked when the registry decided
   * against a request whose caller has a scope: only of a record that is within may the caller hear why. MUST NOT change
   * anything, and MUST ask the registry the same, whether the record is within, outside or not there. Left out: nobody knows.
   */
  isWithin?(request: never, call: CallContext): Promise<boolean>;
}

export type WriteOutcome = Applied | Rejected;

export interface Applied {
  readonly state: 'applied';
  /** The record after the change, canonical and whole. */
  readonly data: unknown;
  /** The registry's own number, by which the change is published: higher is newer. */
  readonly version: number;
  readonly operation: 'created' | 'updated' | 'deleted';
  /** JSON Pointers into `data`. */
  readonly changedFields: readonly string[];
  /** RFC 3339: when the registry applied it. */
  readonly occurredAt: string;
}

export interface Rejected {
  readonly state: 'rejected';
  readonly reason: Rejection;
}

/** Why a registry decided against a write: fixed words of ours (docs/errors.md, "Reasons"). */
export type Rejection =
  /** There is no such record. */
  | 'no_such_record'
  /** The record is not, or no longer, of the version that the request names. */
  | 'version_stale'
  /** Somebody gives a share that they do not have. */
  | 'givers_invalid'
  /** Somebody who is to get a share is in no registry. */
  | 'takers_invalid'
  /** What is given is not what is taken. */
  | 'shares_differ'
  /** There is no such place. */
  | 'place_invalid'
  /** The record is as the request wants it already. */
  | 'already_so'
  /** For a reason that the registry does not tell by a known word. */
  | 'request_rejected';

/** The registry has not seen the request, or does not know yet. */
export interface Unknown {
  readonly state: 'unknown';
}

export const unknown: Unknown = Object.freeze({ state: 'unknown' });

/**
 * Lists the records of an entity, page by page, in the order of the registry's own key. A copy is begun and checked with
 * it, so an implementation
 * - MUST show every change that was published before the first page was asked for;
 * - MUST NOT leave out, or list twice, a record that is there from the first page to the last, whatever is added, changed
 *   or removed meanwhile: it pages by key, not by offset;
 * - MUST NOT stop at a record that it cannot read: it counts it;
 * - MUST give with each record the version that its changes are published with.
 */
export type Scan = (question: ScanQuestion, call: CallContext) => Promise<ScanPage>;

export interface ScanQuestion {
  /** `next` of the page before; `undefined` begins. */
  readonly after: string | undefined;
  /** Records, at most; 1 to 1000. */
  readonly limit: number;
  /** What is outside MAY be left out, what is inside MUST NOT. */
  readonly within?: Within | undefined;
  /** The page MUST end after so many rows that are within; 1 to `limit`. Left out: after `limit` records. */
  readonly rows?: number | undefined;
}

export interface ScanPage {
  readonly rows: readonly ScannedRow[];
  /** Records that the registry has and nobody can read; with `within`, those of which it is certain that they are inside. */
  readonly unreadable: number;
  /** With `within`, the other records that nobody can read: for the operator, never for the caller. */
  readonly hidden?: number;
  /** Where the next page begins, in the adapter's own words; `undefined`: this was the last. It may name a record. */
  readonly next: string | undefined;
}

export interface ScannedRow {
  /** Canonical. */
  readonly data: unknown;
  /** The registry's own number: higher is newer. */
  readonly version: number;
}

/**
 * Reads one page of the registry's journal, from where `cursor` says (`undefined`: a day ago). The gateway stores what
 * the page brought and the page's cursor in one transaction, and asks again with that cursor: also after a crash, from
 * another machine, or with the same cursor twice. So an implementation
 * - MUST bring every change of the journal at least once along a chain of cursors, also one that is entered late (docs
 *   say by how much), and one that is entered while the journal is being paged; twice does no harm;
 * - MUST NOT keep anything that matters between two calls: the cursor is all there is;
 * - MUST bound a page (100 changes), and its cursor (64 KiB);
 * - MUST give with each change the registry's version of the state that it gives, not of the one that was announced;
 * - MUST NOT stop at a record that it cannot read: it refuses it, with a fixed word;
 * - MUST throw `UpstreamError` when the registry does not answer as it should: then the page has not been read.
 */
export type ChangesSince = (cursor: string | undefined, question: ChangesQuestion) => Promise<ChangesPage>;

export interface ChangesQuestion {
  /** UUID; becomes the upstream's request id. */
  readonly requestId: string;
  /** Milliseconds since the epoch, by the clock that all replicas share. */
  readonly now: number;
  /** Milliseconds that one call to the registry may take. */
  readonly callWithin: number;
  /** This page has failed many times: a record that the registry will not tell is refused now, not waited for. */
  readonly lastResort: boolean;
}

export interface ChangesPage {
  readonly changes: readonly JournalChange[];
  readonly refused: readonly RefusedEntry[];
  /** Entries of the journal whose record is not there (yet): they are looked for again while they may come late. */
  readonly vanished: number;
  /** Where to go on: the adapter's own text. It MUST NOT name a person. */
  readonly cursor: string;
  /** Milliseconds since the epoch: everything before has been read. */
  readonly readUpTo: number;
  /** Is there more to read at once? */
  readonly more: boolean;
  /** Calls to the registry that the page took: whoever asks keeps their rate bounded. */
  readonly calls: number;
}

/** A state that the journal led to. */
export interface JournalChange {
  readonly entity: string;
  readonly subject: string;
  /** The registry's own number of the state: higher is newer. */
  readonly version: number;
  /** The record's first registration. */
  readonly isNew: boolean;
  /** RFC 3339, by the registry. */
  readonly occurredAt: string;
  /** Canonical, whole. */
  readonly data: unknown;
}

/** An entry that could not be taken; all that could be read of it. */
export interface RefusedEntry {
  readonly entity: string;
  readonly subject: string | undefined;
  readonly version: number | undefined;
  /** How the registry calls the entry: a dossier's number. */
  readonly reference: string | undefined;
  readonly reason: EntryRefusal;
  /** Fields, by the registry's names; never a value. */
  readonly places: readonly string[];
}

export type EntryRefusal =
  /** The journal's entry lacks what it must have. */
  | 'entry_malformed'
  /** The record is not what the registry's protocol says. */
  | 'malformed'
  /** The registry tells the record to nobody, or its answer could not be read, however often it was asked. */
  | 'unreadable'
  /** The record is older than the journal says; it is looked for again while it may come late. */
  | 'state_behind_journal';

/** What a call carries beside its request. */
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
  /** The caller's trace context (W3C), to be sent on as it is where the protocol is HTTP. */
  readonly traceparent?: string | undefined;
  /** When the answer is no longer wanted, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** The rows that the caller may know of; left out: all. */
  readonly within?: Within | undefined;
}

/** A scope: the allowed values of each dimension that it restricts (`{ provinceCode: ["01"] }`). */
export type Within = Readonly<Record<string, readonly string[]>>;

/** What an operation found. */
export interface Found {
  readonly found: true;
  /** Canonical. */
  readonly data: unknown;
  /** The registry's own time of the record (RFC 3339); left out when it tells none. */
  readonly asOf?: string;
  /** Of a list: where its next page begins, in the adapter's own words, at most 300 bytes. */
  readonly nextPageToken?: string;
  /** Of a list: rows left out because it could not be said whether they are inside. For the operator only. */
  readonly undecided?: number;
}

export interface Absent {
  readonly found: false;
  /** 1: there is something, and it could not be said whether it is inside. For the operator only, like its cause. */
  readonly undecided?: number;
  readonly cause?: unknown;
}

export type RegistryAnswer = Found | Absent;

/** The registry has no such record, or none that is within. */
export const absent: { readonly found: false } = Object.freeze({ found: false });

export interface UpstreamState {
  /** `population`, `land/01` … */
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** When it answered last, in milliseconds of `performance.now()`; left out: never yet. A refusal is an answer. */
  readonly answeredAt?: number | undefined;
  /** When it failed last; left out: never yet. */
  readonly failedAt?: number | undefined;
  /** How it failed, if it has not answered since. */
  readonly failure?: 'server_error' | UpstreamFailure | undefined;
}

/**
 * Asks an upstream a question of which the answer does not matter. The gateway asks when it has heard nothing of the upstream for
 * a while, or nothing good: so that a breaker closes again without a call, and so that one nobody calls is known to be well. It
 * reads the result from `upstreams()`; so an implementation
 * - MUST ask what every call asks, over the same connections and through the same breaker, with the same credentials: a page
 *   that some proxy serves says nothing;
 * - MUST NOT change anything, name a person, or ask for a record that there may be: its question is a look-up by a key that the
 *   registry's own rules never give out;
 * - MUST cost the registry no more than its cheapest look-up, and MUST ask no other upstream;
 * - MUST end by the deadline, and reject as calls do when there is no answer. "There is none" is an answer.
 */
export type Probe = (upstream: string, call: Pick<CallContext, 'requestId' | 'deadline'>) => Promise<void>;

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
  /**
   * Is it certain that what failed lies within the scope, or that the answer holds no record at all? Only then may a caller with
   * a scope hear that it is malformed.
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
