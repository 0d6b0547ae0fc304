/**
 * THE REQUEST FLOW: the steps of each kind of route, in order from top to bottom. Each step is a file in a folder of `steps/`, whose first
 * comment states the step's input, its result and its refusals. No other code puts steps in order.
 *
 * The compiler checks the table: a step above one whose result it needs does not compile (`flow.ts`).
 */
import type { Adapter } from '../../adapters/adapter.ts';
import type { Limiter } from '../admission/limiter.ts';
import type { MatchAttempts } from '../admission/match-attempts.ts';
import type { Quotas } from '../admission/quota.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { PlaceNames } from '../catalog/fields/place-names.ts';
import type { Changes } from '../changes/changes.ts';
import type { Webhooks } from '../changes/sinks/webhooks/webhooks.ts';
import type { Copies } from '../copies/copies.ts';
import type { EvidenceLog } from '../evidence/evidence.ts';
import type { Identity } from '../identity/identity.ts';
import type { RevocationCheck } from '../identity/revocations.ts';
import type { Signatures } from '../signatures/signatures.ts';
import type { Secrets } from '../store/secrets.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { FailureReports } from '../telemetry/report-failures.ts';
import type { Writes } from '../writes/writes.ts';
import type { Call, OfChange, OfDirectory, OfEntity, OfService, OfStream, OwnRate } from './call.ts';
import { column, type Flow, type Flowing, type Look, type Row, type Step } from './flow.ts';
import type { PageTokens } from './input/page-tokens.ts';
import { disclose } from './steps/answer/disclose.ts';
import { respond } from './steps/answer/respond.ts';
import { respondDigest } from './steps/answer/respond-digest.ts';
import { respondDirectory } from './steps/answer/respond-directory.ts';
import { respondFeed } from './steps/answer/respond-feed.ts';
import { respondPublication } from './steps/answer/respond-publication.ts';
import {
  respondCreated,
  respondSubscription,
  respondSubscriptions,
} from './steps/answer/respond-subscription.ts';
import { send } from './steps/answer/send.ts';
import { signAnswer } from './steps/answer/sign-answer.ts';
import { startStream } from './steps/answer/start-stream.ts';
import { computeDigest } from './steps/changes/compute-digest.ts';
import { openFeed } from './steps/changes/open-feed.ts';
import { openSnapshot } from './steps/changes/open-snapshot.ts';
import { publish } from './steps/changes/publish.ts';
import { readFeed } from './steps/changes/read-feed.ts';
import { validateBatch } from './steps/changes/validate-batch.ts';
import { admit } from './steps/entry/admit.ts';
import { authenticate } from './steps/entry/authenticate.ts';
import { authoriseReader } from './steps/entry/authorise-reader.ts';
import { authoriseService } from './steps/entry/authorise-service.ts';
import { findStream } from './steps/entry/find-stream.ts';
import { readBody } from './steps/entry/read-body.ts';
import { refuseQuery } from './steps/entry/refuse-query.ts';
import { takeTurn } from './steps/entry/take-turn.ts';
import { verifyContent } from './steps/entry/verify-content.ts';
import { verifySignature } from './steps/entry/verify-signature.ts';
import { callRegistry } from './steps/service/call-registry.ts';
import { evenOut, startClock } from './steps/service/even-out.ts';
import { keepWithin } from './steps/service/keep-within.ts';
import { keyWrite } from './steps/service/key-write.ts';
import { limitMatching } from './steps/service/limit-matching.ts';
import { minimise } from './steps/service/minimise.ts';
import { namePlaces } from './steps/service/name-places.ts';
import { nameSubjects } from './steps/service/name-subjects.ts';
import { narrow } from './steps/service/narrow.ts';
import { settleMatching, settleRefused } from './steps/service/settle-matching.ts';
import { validateAnswer } from './steps/service/validate-answer.ts';
import { validateRequest } from './steps/service/validate-request.ts';
import { write } from './steps/service/write.ts';
import { authoriseChange } from './steps/subscription/authorise-change.ts';
import { changeSubscription } from './steps/subscription/change-subscription.ts';
import { findSubscription } from './steps/subscription/find-subscription.ts';
import { listSubscriptions } from './steps/subscription/list-subscriptions.ts';
import { readSubscription } from './steps/subscription/read-subscription.ts';
import { subscribe } from './steps/subscription/subscribe.ts';
import type { OpenStreams } from './streams/open-streams.ts';

/** The parts of the gateway that steps use. */
export interface ExchangeParts {
  /** Routes and grants are of this catalogue: a call finishes on the catalogue it began with (`http/agencies-port.ts`). */
  readonly catalog: Catalog;
  readonly identity: Identity;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
  readonly limiter: Limiter;
  readonly quotas: Quotas;
  readonly matchAttempts: MatchAttempts;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly changes: Changes;
  readonly writes: Writes;
  readonly copies: Copies;
  readonly streams: OpenStreams;
  readonly evidence: EvidenceLog;
  readonly signatures: Signatures;
  /** The base of the target that signed requests name. No trailing slash. */
  readonly publicUrl: string;
  readonly secrets: Secrets;
  readonly pageTokens: PageTokens;
  /** From the list of administrative units; `undefined`: there is no list. */
  readonly placeNames: PlaceNames | undefined;
  readonly metrics: Metrics;
  readonly failures: FailureReports;
}

/** With the webhooks, of which only the routes of subscriptions make use. */
export type Parts = ExchangeParts & { readonly webhooks: Webhooks };

/** The kinds of routes, in the order of the columns, each with what its routes know of a call before the first step. */
export interface Kinds {
  /** A service that reads a registry. */
  readonly read: OfService;
  /** A service that changes a registry, once for each Idempotency-Key. */
  readonly write: OfService;
  /** A provider's batch of changes. */
  readonly publish: OfService;
  /** A page of changes. */
  readonly feed: unknown;
  /** The same changes as a stream of events. */
  readonly follow: unknown;
  /** The rows of a copy. */
  readonly snapshot: OfStream & OfEntity;
  /** The digest that a copy should have. */
  readonly digest: OfStream & OfEntity;
  /** Subscriptions of webhooks: make one, list them, read one, change one. */
  readonly subscribe: OwnRate;
  readonly list: OwnRate;
  readonly show: OwnRate;
  readonly change: OwnRate & OfChange;
  /** The caller's own view of the catalogue. */
  readonly directory: OwnRate & OfDirectory;
}
export type Kind = keyof Kinds;

const x = true;
const _ = false;

// biome-ignore format: a table
const STEPS = [
  //                    read
  //                    |  write
  //                    |  |  publish
  //                    |  |  |  feed
  //                    |  |  |  |  follow
  //                    |  |  |  |  |  snapshot
  //                    |  |  |  |  |  |  digest
  //                    |  |  |  |  |  |  |  subscribe
  //                    |  |  |  |  |  |  |  |  list
  //                    |  |  |  |  |  |  |  |  |  show
  //                    |  |  |  |  |  |  |  |  |  |  change
  //                    |  |  |  |  |  |  |  |  |  |  |  directory
  //                    |  |  |  |  |  |  |  |  |  |  |  |
  [authenticate,        x, x, x, x, x, x, x, x, x, x, x, x],
  [takeTurn,            _, _, _, _, _, _, _, x, x, x, x, x],
  [refuseQuery,         _, _, _, _, _, _, _, _, _, _, _, x],
  [findStream,          _, _, _, x, x, _, _, _, _, _, _, _],
  [authoriseService,    x, x, x, _, _, _, _, _, _, _, _, _],
  [authoriseReader,     _, _, _, x, x, x, x, _, _, _, _, _],
  [verifySignature,     x, x, x, x, x, x, x, _, _, _, _, _],
  [admit,               x, x, x, x, x, x, x, _, _, _, _, _],
  [readBody,            x, x, x, x, x, x, x, x, x, x, x, x],
  [readSubscription,    _, _, _, _, _, _, _, x, _, _, _, _],
  [findSubscription,    _, _, _, _, _, _, _, _, _, x, x, _],
  [authoriseReader,     _, _, _, _, _, _, _, x, _, _, _, _],
  [authoriseChange,     _, _, _, _, _, _, _, _, _, _, x, _],
  [verifySignature,     _, _, _, _, _, _, _, x, _, _, x, _],
  [verifyContent,       x, x, x, x, x, x, x, x, _, _, x, _],
  [startClock,          x, x, _, _, _, _, _, _, _, _, _, _],
  [keyWrite,            _, x, _, _, _, _, _, _, _, _, _, _],
  [validateRequest,     x, x, _, _, _, _, _, _, _, _, _, _],
  [nameSubjects,        x, x, _, _, _, _, _, _, _, _, _, _],
  [validateBatch,       _, _, x, _, _, _, _, _, _, _, _, _],
  [narrow,              x, _, _, _, _, _, _, _, _, _, _, _],
  [limitMatching,       x, _, _, _, _, _, _, _, _, _, _, _],
  [callRegistry,        x, _, _, _, _, _, _, _, _, _, _, _],
  [keepWithin,          x, _, _, _, _, _, _, _, _, _, _, _],
  [validateAnswer,      x, _, _, _, _, _, _, _, _, _, _, _],
  [namePlaces,          x, _, _, _, _, _, _, _, _, _, _, _],
  [write,               _, x, _, _, _, _, _, _, _, _, _, _],
  [minimise,            x, x, _, _, _, _, _, _, _, _, _, _],
  [settleMatching,      x, _, _, _, _, _, _, _, _, _, _, _],
  [publish,             _, _, x, _, _, _, _, _, _, _, _, _],
  [readFeed,            _, _, _, x, _, _, _, _, _, _, _, _],
  [openFeed,            _, _, _, _, x, _, _, _, _, _, _, _],
  [openSnapshot,        _, _, _, _, _, x, _, _, _, _, _, _],
  [computeDigest,       _, _, _, _, _, _, x, _, _, _, _, _],
  [subscribe,           _, _, _, _, _, _, _, x, _, _, _, _],
  [listSubscriptions,   _, _, _, _, _, _, _, _, x, _, _, _],
  [changeSubscription,  _, _, _, _, _, _, _, _, _, _, x, _],
  [respond,             x, x, _, _, _, _, _, _, _, _, _, _],
  [respondPublication,  _, _, x, _, _, _, _, _, _, _, _, _],
  [respondFeed,         _, _, _, x, _, _, _, _, _, _, _, _],
  [respondDigest,       _, _, _, _, _, _, x, _, _, _, _, _],
  [respondCreated,      _, _, _, _, _, _, _, x, _, _, _, _],
  [respondSubscriptions, _, _, _, _, _, _, _, _, x, _, _, _],
  [respondSubscription, _, _, _, _, _, _, _, _, _, x, x, _],
  [respondDirectory,    _, _, _, _, _, _, _, _, _, _, _, x],
  [signAnswer,          x, x, x, x, _, _, x, x, x, x, x, _],
  [disclose,            x, x, x, x, _, _, x, _, _, _, _, _],
  [send,                x, x, x, x, _, _, x, x, x, x, x, x],
  [startStream,         _, _, _, _, x, x, _, _, _, _, _, _],
] as const satisfies readonly Row<Step<Parts>>[];

/** Run on the last call and on what a step threw, before a refusal is made of it. */
// biome-ignore format: a table
const REFUSED = [
  [settleRefused,       x, _, _, _, _, _, _, _, _, _, _, _],
  [evenOut,             x, x, _, _, _, _, _, _, _, _, _, _],
] as const satisfies readonly Row<Look<Parts>>[];

// biome-ignore format: a table
const COLUMNS = {
  read: 0, write: 1, publish: 2, feed: 3, follow: 4, snapshot: 5, digest: 6,
  subscribe: 7, list: 8, show: 9, change: 10, directory: 11,
} as const satisfies Record<Kind, number>;

/** Each column as its steps make it: a flow, if every step finds what it needs. */
type Checked = {
  readonly [K in Kind]: Flowing<typeof STEPS, (typeof COLUMNS)[K], Call & Kinds[K]> extends Call
    ? Flow<Parts>
    : Flowing<typeof STEPS, (typeof COLUMNS)[K], Call & Kinds[K]>;
};

export const FLOWS: Checked = Object.fromEntries(
  Object.entries(COLUMNS).map(([kind, index]) => [kind, flowOf(index)]),
) as Record<Kind, Flow<Parts>>;

function flowOf(index: number): Flow<Parts> {
  const steps = column<Step<Parts>>(STEPS, index);
  const body = steps.indexOf(readBody);
  return {
    before: steps.slice(0, body),
    after: steps.slice(body),
    refused: column<Look<Parts>>(REFUSED, index),
  };
}

/** The names of the steps of a kind of route, in order: for documents and their tests. */
export function stepsOf(kind: Kind): string[] {
  return [...FLOWS[kind].before, ...FLOWS[kind].after].map(({ name }) => name);
}
