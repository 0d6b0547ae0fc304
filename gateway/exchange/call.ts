/**
 * A call: what is known of it so far. Immutable. A step (`steps/`) takes one and returns the next, which has what the step
 * found out as well, so that each interface below is what one step adds. A member is optional where most calls have nothing there:
 * the step then returns the call that it took, because a copy at each step would be a tenth of a request's garbage.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RegistryAnswer } from '../../adapters/adapter.ts';
import type { MatchAttempt } from '../admission/match-attempts.ts';
import type {
  Agreement,
  FieldSet,
  Grant,
  Service,
  Stream,
  StreamEntity,
  StreamGrant,
} from '../catalog/catalog.ts';
import type { StreamUse } from '../catalog/grant/stream-scopes.ts';
import type { PushedBatch } from '../changes/change.ts';
import type { FeedPage } from '../changes/feed/feed.ts';
import type { RefusedChange } from '../changes/intake/refused-change.ts';
import type { SubscriptionStatus } from '../changes/sinks/webhooks/subscription.ts';
import type { Circumstances } from '../circumstances/circumstances.ts';
import type { StoredDigest } from '../copies/digest-store.ts';
import type { DigestRange } from '../copies/digests.ts';
import type { Caller } from '../identity/caller.ts';
import type { ResponseSignature } from '../signatures/sign-response.ts';
import type { RequestSignature } from '../signatures/verify-request.ts';

/** Every call, before its first step. */
export interface Call {
  /** The request as Fastify received it. `readBody` reads its body. */
  readonly request: FastifyRequest;
  /** Steps write to it only when they send. */
  readonly reply: FastifyReply;
  /** The service's key, the change stream's scope, or a constant for other routes. */
  readonly service: string;
  /** Milliseconds that the gateway has for the answer. */
  readonly deadline: number;
  /** Headers of the answer, whatever its status. */
  readonly headers: Readonly<Record<string, string>>;
}

// A route knows of its calls:

/** A service, by its contract. */
export interface OfService {
  readonly contract: Service;
}

/** Changes of a registry, or copies of it. */
export interface OfStream {
  readonly registry: string;
  readonly use: StreamUse;
}

export interface OfEntity {
  readonly entity: StreamEntity;
}

/** A route that takes nothing from an agreement has a rate of its own, for each system. */
export interface OwnRate {
  readonly rate: { readonly name: string; readonly perSecond: number; readonly burst: number };
}

/** A subscription's new state, as its owner wants it. */
export interface OfChange {
  readonly to:
    | { readonly state: 'active' | 'paused' }
    | { readonly state: 'ended'; readonly reason: 'deleted' };
}

/** A document of the caller's own view. */
export interface OfDirectory {
  readonly view: (caller: Caller) => Promise<object>;
}

// Steps find out:

export interface Identified {
  readonly caller: Caller;
}

/** The agreement that allows the call, and the circumstances that the caller declared under it. */
export interface Declaration {
  readonly agreement: Agreement;
  readonly circumstances: Circumstances;
}

export interface Authorisation extends Declaration {
  readonly grant: Grant;
}

export interface StreamAuthorisation extends Declaration {
  /** One for each entity of the registry that the agreement names. */
  readonly grants: readonly StreamGrant[];
}

export interface Declared {
  readonly declaration: Declaration;
}

export interface Granted {
  readonly declaration: Authorisation;
}

export interface Streaming {
  readonly declaration: StreamAuthorisation;
}

/** The agreement of a subscription that is to be stopped may be gone. */
export interface MaybeDeclared {
  readonly declaration: Declaration | undefined;
}

export interface Signed {
  /** The request's signature, when it was verified. */
  readonly signature?: RequestSignature | undefined;
}

export interface BodyRead {
  /** The deadline of the answer, by the clock of `performance.now()`. */
  readonly by: number;
}

export interface ContentVerified {
  /** The content was held against `Content-Digest`, and fits. */
  readonly contentVerified?: true;
}

/** A request that keeps the contract. */
export interface Valid {
  readonly input: unknown;
}

export interface Named {
  /** Personal identification numbers in the request. */
  readonly subjects: readonly string[];
}

/** A batch of changes that keeps the publish contract, but for those of its changes that are refused. */
export interface Batched {
  readonly batch: PushedBatch;
  /** May it be stored in part? */
  readonly partial: boolean;
  readonly malformed: readonly RefusedChange[];
  /** The changes of the registry that publishes. */
  readonly stream: Stream;
}

/** The answer to a publication, before it is encoded. */
export interface Published {
  readonly published: { readonly status: number; readonly body: object };
}

export interface OfPage {
  readonly page: FeedPage;
}

/** A digest, and what it holds in the ranges that were asked for; `undefined` while it is being computed. */
export interface DigestFound {
  readonly digest: StoredDigest;
  readonly ready:
    | { readonly fields: FieldSet; readonly ranges: readonly DigestRange[]; readonly cursor: string }
    | undefined;
}

export interface Keyed {
  readonly idempotencyKey: string;
}

/** The moments at which "not found" may be sent are counted from `begun` (`even-out.ts`). */
export interface Timed {
  /** Milliseconds of the timers' clock. */
  readonly begun?: number;
}

export interface Narrowed {
  /** The request for the adapter; `undefined`: the request is for rows outside the scope, and finds nothing. */
  readonly question: unknown;
}

export interface Attempted {
  /** Reserved, and to be settled by what became of the call. */
  readonly attempt?: MatchAttempt | undefined;
}

export interface AnsweredByRegistry {
  readonly found: RegistryAnswer;
}

/** An answer of the registry's that keeps the contract. */
export interface Found {
  readonly data: unknown;
  /** RFC 3339 time of the record, or of the answer when the registry has none. */
  readonly asOf: string;
  /** The adapter's own cursor. */
  readonly nextPage?: string | undefined;
}

export interface Warned {
  /** Checks that the contract only warns of, once for each record that breaks one. */
  readonly warned: readonly string[];
}

/** The part of the answer that the grant discloses. */
export interface Disclosed {
  readonly disclosure: {
    readonly data: unknown;
    /** Personal identification numbers of the persons concerned. */
    readonly subjects: readonly string[];
  };
}

export interface Subscribing {
  readonly asked: {
    readonly url: string;
    readonly entities: readonly string[] | null;
    readonly from: 'now' | 'oldest';
  };
}

export interface OfSubscription {
  readonly subscription: SubscriptionStatus;
}

export interface OfSubscriptions {
  readonly subscriptions: readonly SubscriptionStatus[];
}

/** An answer, ready to be signed, recorded and sent. */
export interface Answered {
  readonly answer: {
    readonly status: number;
    /** Encoded once, for the evidence, the length and the wire. */
    readonly body: string | Buffer;
    /** Evidence has an entry for each. */
    readonly disclosures: readonly Disclosure[];
    /** Its evidence is written already; that it was signed is not. */
    readonly isReceipt?: boolean;
  };
}

/** Fields that something discloses, and numbers of the persons that it is about. */
export interface Disclosure {
  readonly fields: FieldSet;
  readonly subjects: readonly string[];
}

export interface AnswerSigned {
  readonly signed?: ResponseSignature;
}

/** The state of a call at the time of its refusal or its end. */
export type CallSoFar = Call &
  Partial<Identified & MaybeDeclared & Signed & BodyRead & ContentVerified & Named & Warned> & {
    /** The stream, if the answer is one. */
    readonly opened?: object | undefined;
  };
