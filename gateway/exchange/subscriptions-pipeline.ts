/**
 * Webhook subscriptions, `/v1/subscriptions`: made under an agreement, as a feed is read under one.
 *
 *   POST   /v1/subscriptions              make one: authenticate, authorise (scope `{registry}.changes.read`, purpose,
 *                                         required headers), verify the signature, ask the endpoint, record
 *   GET    /v1/subscriptions, …/{id}      the caller's own
 *   POST   …/{id}/pause, …/{id}/resume    stop for a while; what comes meanwhile waits, as long as the outbox keeps it
 *   DELETE …/{id}                         for good
 *
 * A subscription belongs to the system that made it; another's is not there. The agreement is named by the registry, which
 * is in the body, so here `authorise` comes after the body, which is small. Nothing of a registry is in an answer: reading
 * leaves no evidence, changing does, in the transaction that changes. A rate of its own, for each system.
 */
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Limiter } from '../admission/limiter.ts';
import type { Agreement, Catalog } from '../catalog/catalog.ts';
import { standingOf } from '../catalog/grant/term.ts';
import type { Changes } from '../changes/changes.ts';
import { grantsOf } from '../changes/sinks/webhooks/granted.ts';
import type { SubscriptionStatus } from '../changes/sinks/webhooks/subscription.ts';
import type { Webhooks } from '../changes/sinks/webhooks/webhooks.ts';
import { readCircumstances } from '../circumstances/read-circumstances.ts';
import type { EvidenceEntry } from '../evidence/evidence.ts';
import type { Caller } from '../identity/caller.ts';
import type { Identity } from '../identity/identity.ts';
import type { RevocationCheck } from '../identity/revocations.ts';
import { answerBy, inTime, ROUTE_DEADLINE } from '../problems/in-time.ts';
import { Problem } from '../problems/problem.ts';
import { checks } from '../problems/sentences/checks.ts';
import type { Sentence } from '../problems/sentences/sentence.ts';
import type { Signatures } from '../signatures/signatures.ts';
import { whenOver } from '../wire/caller-left.ts';
import type { JsonBody } from '../wire/json-body.ts';
import { UUID } from '../wire/uuid.ts';
import { subscriptionDocument, subscriptionRequest } from './input/subscription-request.ts';
import { holdContent, send } from './pipeline.ts';
import type { Progress } from './progress.ts';
import { authoriseStream, type Declaration } from './steps/authorise.ts';
import { entryOf } from './steps/record.ts';
import { signAnswer } from './steps/sign-answer.ts';
import { verifySignature } from './steps/verify-signature.ts';

export interface SubscriptionParts {
  readonly catalog: Catalog;
  readonly identity: Pick<Identity, 'authenticate'>;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
  readonly limiter: Limiter;
  readonly changes: Pick<Changes, 'webhooks'>;
  readonly signatures: Signatures;
  readonly publicUrl: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const BODY_LIMIT = 8192;
/** Of one system. To make one sends a request to an address of the caller's choice. */
const RATE = { perSecond: 5, burst: 50 };

/** None without webhooks. */
export function subscriptionRoutes(parts: SubscriptionParts): RouteOptions[] {
  const { webhooks } = parts.changes;
  if (!webhooks) return [];
  const url = '/v1/subscriptions';
  return [
    route(parts, 'POST', url, (request, reply) => create(parts, webhooks, request, reply)),
    route(parts, 'GET', url, (request, reply) => list(parts, webhooks, request, reply)),
    route(parts, 'GET', `${url}/:id`, async (request, reply) => {
      const status = await own(parts, webhooks, request);
      return answer(parts, request, reply, 200, subscriptionDocument(status));
    }),
    route(parts, 'POST', `${url}/:id/pause`, (request, reply) =>
      change(parts, webhooks, request, reply, { state: 'paused' }),
    ),
    route(parts, 'POST', `${url}/:id/resume`, (request, reply) =>
      change(parts, webhooks, request, reply, { state: 'active' }),
    ),
    route(parts, 'DELETE', `${url}/:id`, (request, reply) =>
      change(parts, webhooks, request, reply, { state: 'ended', reason: 'deleted' }),
    ),
  ];
}

function route(
  { identity, limiter }: SubscriptionParts,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
): RouteOptions {
  return {
    ...{ method, url, handler, bodyLimit: BODY_LIMIT, config: { service: 'subscriptions' } },
    onRequest: async (request, reply) => {
      const { progress } = request;
      progress.caller = await identity.authenticate(request);
      const { system } = progress.caller;
      const turn = limiter.take({ number: `subscriptions-${system}`, rate: RATE }, performance.now());
      if (!turn.allowed) {
        const { retryAfter, headers } = turn;
        throw new Problem('rate_limited', { retryAfter, headers });
      }
      if (turn.headers) reply.headers(turn.headers);
    },
  };
}

/** Milliseconds until a new subscription is answered: those of a route, and those of the endpoint that is asked. */
export const creationDeadline = ({ answerTime }: Pick<Webhooks, 'answerTime'>): number =>
  ROUTE_DEADLINE + answerTime;

async function create(
  parts: SubscriptionParts,
  webhooks: Webhooks,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { catalog, revocations } = parts;
  const { progress } = request;
  const caller = progress.caller!;
  const {
    url,
    registry,
    entities = null,
    from = 'now',
  } = subscriptionRequest((request.body as JsonBody | undefined)?.value);
  if (!catalog.streams.has(`${registry}.changes.read`)) throw wrong('/registry', checks.noChanges);
  progress.service = `${registry}.changes.read`;
  const authorisation = authoriseStream(
    catalog,
    caller,
    registry,
    request.headers,
    Date.now(),
    revocations.agreements,
  );
  progress.declaration = authorisation;
  await holdSignature(parts, request, authorisation.agreement);
  const grants = grantsOf(authorisation.grants, entities);
  if (!grants) throw wrong('/entities', checks.entitiesNotGranted);
  webhooks.checkAddress(url);
  const { system, agency } = caller;
  const agreement = authorisation.agreement.number;
  const asked = { system, agency, agreement, registry, entities, url, from };
  await orLate(progress, webhooks.requireRoom(asked));
  const id = await verify(webhooks, asked, progress, reply);
  const made = await orLate(
    progress,
    webhooks.subscribe({ ...asked, id }, grants, entry(request, authorisation, 201, 'created')),
  );
  reply.header('location', `/v1/subscriptions/${made.id}`);
  return answer(parts, request, reply, 201, subscriptionDocument(made));
}

async function list(
  parts: SubscriptionParts,
  webhooks: Webhooks,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = request.progress.caller!;
  const all = await webhooks.list(caller.system);
  const readable = all.filter((status) => mayManage(parts, caller, status));
  return answer(parts, request, reply, 200, readable.map(subscriptionDocument));
}

async function change(
  parts: SubscriptionParts,
  webhooks: Webhooks,
  request: FastifyRequest,
  reply: FastifyReply,
  to: Parameters<Webhooks['change']>[1],
): Promise<FastifyReply> {
  const { catalog, revocations } = parts;
  const status = await own(parts, webhooks, request);
  // To stop being told takes no agreement in force; to be told again does.
  const agreement = catalog.agreements.get(status.agreement);
  if (to.state === 'active') requireInForce(agreement, revocations);
  const declaration = agreement && { agreement, circumstances: readCircumstances({}, agreement) };
  if (declaration) {
    request.progress.declaration = declaration;
    await holdSignature(parts, request, declaration.agreement);
  }
  const done = await webhooks.change(status.id, to, entry(request, declaration, 200, words[to.state]));
  if (!done) throw new Problem('subscription_ended', { agreement: status.agreement });
  return answer(parts, request, reply, 200, subscriptionDocument(await own(parts, webhooks, request)));
}

const words = { active: 'resumed', paused: 'paused', ended: 'deleted' } as const;

/** @throws Problem `subscription_unknown`, `insufficient_scope` */
async function own(
  parts: SubscriptionParts,
  webhooks: Webhooks,
  request: FastifyRequest,
): Promise<SubscriptionStatus> {
  const { progress } = request;
  const caller = progress.caller!;
  const id = (request.params as { id: string }).id.toLowerCase();
  const status = UUID.test(id) ? await webhooks.find(id, caller.system) : undefined;
  if (!status) throw new Problem('subscription_unknown');
  progress.service = `${status.registry}.changes.read`;
  if (!mayManage(parts, caller, status))
    throw new Problem('insufficient_scope', { agreement: status.agreement });
  return status;
}

/**
 * Does the token carry the scope of the subscription's changes? Where no agreement is in force nobody is issued that scope, and
 * its owner may still look at the subscription and end it.
 */
function mayManage(
  { catalog, revocations }: SubscriptionParts,
  { scopes }: Caller,
  { registry, agreement: number }: SubscriptionStatus,
): boolean {
  if (scopes.has(`${registry}.changes.read`)) return true;
  const agreement = catalog.agreements.get(number);
  return !agreement || revocations.agreements.has(number) || standingOf(agreement, Date.now()) !== 'in_force';
}

function requireInForce(
  agreement: Agreement | undefined,
  { agreements }: SubscriptionParts['revocations'],
): void {
  if (!agreement) throw new Problem('no_agreement');
  const { number, legalBasis } = agreement;
  if (agreements.has(number)) throw new Problem('agreement_revoked', { agreement: number, legalBasis });
  if (standingOf(agreement, Date.now()) === 'expired')
    throw new Problem('agreement_expired', { agreement: number, legalBasis });
}

async function holdSignature(
  { signatures, publicUrl }: SubscriptionParts,
  request: FastifyRequest,
  agreement: Agreement,
): Promise<void> {
  const { progress } = request;
  const signature = await verifySignature(signatures, publicUrl, request, progress.caller!, agreement);
  if (signature) progress.signature = signature;
  holdContent(request, { agreement });
}

function entry(
  { id, progress }: FastifyRequest,
  declaration: Declaration | undefined,
  status: number,
  reason: string,
): EvidenceEntry {
  return entryOf(progress.caller!, declaration, {
    ...{ requestId: id, kind: 'subscription', service: progress.service, subjects: [], fields: undefined },
    ...{ status, code: undefined, reason, request: progress.bytes, response: undefined },
    requestSignature: progress.signature,
  });
}

function answer(
  { signatures, publicUrl }: SubscriptionParts,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  data: object,
): FastifyReply {
  const body = JSON.stringify({ data, meta: { requestId: request.id } });
  const signed = signAnswer(signatures, publicUrl, request, { status, contentType: JSON_TYPE, body });
  return send(reply, status, body, signed);
}

/** Asks the endpoint. Its time is not the gateway's, as that of a body is not, and is not counted. */
async function verify(
  webhooks: Webhooks,
  asked: Parameters<Webhooks['verify']>[0],
  progress: Progress,
  reply: FastifyReply,
): Promise<string> {
  const began = performance.now();
  try {
    return await webhooks.verify(asked, whileOpen(reply));
  } finally {
    progress.since += performance.now() - began;
  }
}

const orLate = <T>(progress: Progress, work: Promise<T>): Promise<T> =>
  inTime(answerBy(progress), work, Number.POSITIVE_INFINITY);

/** Aborts when the caller has gone, or has its answer. */
function whileOpen({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenOver(raw, () => gone.abort());
  return gone.signal;
}

function wrong(pointer: string, sentence: Sentence): Problem {
  return new Problem('contract_violation', { errors: [{ pointer, ...sentence }] });
}
