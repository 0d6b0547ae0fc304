/**
 * THE REQUEST FLOW. What happens to a call, in order; each step is a file of this folder.
 *
 *   step                what it turns into what                              refusal
 *   authenticate        token -> Caller                                      401
 *   authorise           Caller x service x purpose -> Authorisation          403, with agreement and legal basis
 *   verifySignature     of the message, where the agreement wants one        401, with Accept-Signature
 *   admit               rate limit, quota                                    429 / 503 + Retry-After
 *   (the body is read only now)
 *   verifyContent       body against the Content-Digest that was signed      401
 *   validateRequest     body or query -> canonical request                   400, every violation with its pointer
 *   openPageToken       the caller's page token -> the adapter's cursor      400
 *   narrow              request -> request within the scope; outside: nothing
 *   limitMatching       guesses about one person are counted                 429
 *   call                canonical request -> Answer, by the adapter          502 / 503 / 504, never a hang
 *   keepWithin          Answer -> what of it is in scope: the rest is nothing, before anything of it can show
 *   validateAnswer      Answer -> Found                                      404 / 502: nothing of it is disclosed
 *   namePlaces          names of provinces and communes beside their codes, where they are granted
 *   minimise            Found -> Disclosure: fields granted                  404
 *   evenOut             "not found" only at few moments, where its time could tell what it is of
 *   sealPageToken       the adapter's cursor -> a page token of this caller
 *   respond             Disclosure -> the bytes to send
 *   signAnswer          the bytes -> their signature, where one is wanted
 *   disclose            evidence, durable before the first byte leaves       503: no evidence, no data
 *
 * Steps take and return values; none knows another. What they returned is noted in `request.progress`, here and
 * nowhere else, so that a refusal can be recorded with all that was known of it (`refuse.ts`).
 */
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Adapter, Answer } from '../../adapters/adapter.ts';
import type { Limiter } from '../admission/limiter.ts';
import type { MatchAttempts } from '../admission/match-attempts.ts';
import type { Quotas } from '../admission/quota.ts';
import type { Agreement, Catalog, Service } from '../catalog/catalog.ts';
import type { PlaceNames } from '../catalog/fields/place-names.ts';
import type { Changes } from '../changes/changes.ts';
import type { Copies } from '../copies/copies.ts';
import type { EvidenceLog } from '../evidence/evidence.ts';
import type { Identity } from '../identity/identity.ts';
import type { RevocationCheck } from '../identity/revocations.ts';
import { answerBy } from '../problems/in-time.ts';
import { Problem } from '../problems/problem.ts';
import { hookAtOnce, then } from '../runtime/chain.ts';
import type { ResponseSignature } from '../signatures/sign-response.ts';
import type { Signatures } from '../signatures/signatures.ts';
import type { Secrets } from '../store/secrets.ts';
import { QUERY_LIMIT } from '../store/time-limits.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { FailureReports } from '../telemetry/report-failures.ts';
import { isoNow } from '../time/iso-now.ts';
import { requireCaller } from '../wire/caller-left.ts';
import { preferredType } from '../wire/media-type.ts';
import { traceparentOf } from '../wire/traceparent.ts';
import type { Writes } from '../writes/writes.ts';
import { type Performed, performPublication, performWrite } from './change-pipeline.ts';
import { feedQuery, requestOf, streamQuery } from './input/input.ts';
import { AFTER, namingCursor } from './input/name-cursor.ts';
import type { PageTokens } from './input/page-tokens.ts';
import { admit } from './steps/admit.ts';
import {
  type Authorisation,
  authorise,
  authoriseStream,
  type Declaration,
  type StreamAuthorisation,
} from './steps/authorise.ts';
import { call } from './steps/call-adapter.ts';
import { disclose } from './steps/disclose.ts';
import { evenOut, timerClock } from './steps/even-out.ts';
import { keepWithin } from './steps/keep-within.ts';
import { limitMatching, settleMatching } from './steps/limit-matching.ts';
import { minimise } from './steps/minimise.ts';
import { namePlaces } from './steps/name-places.ts';
import { narrow, nothing } from './steps/narrow.ts';
import type { Outcome } from './steps/record.ts';
import { respond, respondFeed } from './steps/respond.ts';
import { isToBeSigned, signAnswer } from './steps/sign-answer.ts';
import { validateAnswer } from './steps/validate-answer.ts';
import { validateRequest } from './steps/validate-request.ts';
import { verifyContent, verifySignature } from './steps/verify-signature.ts';
import type { OpenStreams } from './streams/open-streams.ts';
import { openStream, startStream } from './streams/stream.ts';
import { EVENT_STREAM, eventSource } from './streams/stream-feed.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

/** What the steps work with. */
export interface ExchangeParts {
  /** What routes and grants are of: a call finishes on the catalogue it began with (`http/agencies-port.ts`). */
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
  /** What signed requests name as their target. No trailing slash. */
  readonly publicUrl: string;
  readonly secrets: Secrets;
  readonly pageTokens: PageTokens;
  /** Of the list of administrative units; `undefined`: there is none. */
  readonly placeNames: PlaceNames | undefined;
  readonly metrics: Pick<Metrics, 'scopeUndecided'>;
  readonly failures: FailureReports;
}

/** The route of a service, by its key (`population.person.lookup@1`). */
export function serviceRoute(parts: ExchangeParts, service: Service): RouteOptions {
  const { catalog, identity, revocations, evidence } = parts;
  const perform = performances[service.kind];
  return {
    method: service.method,
    url: service.route,
    bodyLimit: service.bodyLimit,
    config: {
      service: service.key,
      deadline: service.deadline,
      // A batch may be published in part: whose text it is decides.
      passFaults: service.kind === 'publish',
    },
    onRequest: hookAtOnce((request, reply) =>
      then(identity.authenticate(request), (caller) => {
        const { progress, headers } = request;
        progress.caller = caller;
        const authorisation = authorise(
          catalog,
          caller,
          service,
          headers,
          Date.now(),
          revocations.agreements,
        );
        progress.declaration = authorisation;
        request.authorisation = authorisation;
        return enter(parts, request, reply, authorisation.agreement);
      }),
    ),
    handler: async (request, reply) => {
      const authorisation = request.authorisation!;
      holdContent(request, authorisation);
      const by = answerBy(request.progress, service.deadline);
      const { body, status, discloses } = await perform(parts, request, authorisation, by);
      const answer = { status, contentType: JSON_TYPE, body };
      const signed = signAnswer(parts.signatures, parts.publicUrl, request, answer);
      // An answer that discloses nothing has its evidence already; that it was signed has not.
      if (discloses || signed) {
        await disclose(
          evidence,
          request,
          authorisation,
          [
            {
              requestId: request.id,
              kind: 'disclosure',
              service: service.key,
              subjects: discloses ?? [],
              fields: authorisation.grant.fields,
              status,
              code: undefined,
              request: request.progress.bytes,
              response: body,
              requestSignature: request.progress.signature,
              responseSignature: signed?.signature,
            },
          ],
          by,
        );
      }
      return send(reply, status, body, signed);
    },
  };
}

/** What follows once it is known who calls under which agreement, before the body is read. */
export function enter(
  { signatures, publicUrl, limiter, quotas }: ExchangeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  agreement: Agreement,
): undefined | Promise<undefined> {
  const { progress } = request;
  const caller = progress.caller!;
  return then(verifySignature(signatures, publicUrl, request, caller, agreement), (signature) => {
    progress.signature = signature;
    return then(admit(limiter, quotas, agreement), (rate) => {
      if (rate) reply.headers(rate);
      return undefined;
    });
  });
}

const performances = { read: performRead, publish: performPublication, write: performWrite };

async function performRead(
  parts: ExchangeParts,
  request: FastifyRequest,
  authorisation: Authorisation,
  by: number,
): Promise<Performed> {
  const { grant, agreement, circumstances } = authorisation;
  const { service } = grant;
  const { progress } = request;
  const { agency, system } = progress.caller!;
  // Nobody else can tell by the time of "not found" what it is of.
  const begun = grant.scope || service.matching ? timerClock() : 0;

  const input = validateRequest(service, grant, requestOf(request, service));
  const narrowed = narrow(grant, parts.pageTokens.open(system, grant, input));
  const asked = grant.subjectsOfRequest(input);
  progress.subjects = asked;
  const ask = async () => {
    const traceparent = traceparentOf(request.headers);
    const within = grant.scope?.within;
    const requestId = request.id;
    const context = { requestId, traceparent, agency, system, ...circumstances, within };
    // A registry is not asked for a caller that is gone.
    requireCaller(request);
    const answer =
      narrowed === undefined ? nothing(grant) : await call(parts.adapters, service, narrowed, context);
    if (answer.undecided) reportUndecided(parts.metrics, request, service, answer);
    const found = validateAnswer(service, keepWithin(grant, answer));
    if (found.warned) progress.warned = found.warned;
    return [found, minimise(grant, namePlaces(grant, parts.placeNames, found.data))] as const;
  };
  const attempt = limitMatching(
    parts.matchAttempts,
    parts.secrets.hashSubject,
    service,
    agreement.number,
    input,
  );
  const answered = attempt ? settleMatching(await attempt, by, ask) : ask();
  const [answer, disclosure] = await (attempt || grant.scope ? evenOut(begun, answered) : answered);
  const body = respond(grant, disclosure.data, {
    requestId: request.id,
    asOf: answer.asOf ?? isoNow(),
    nextPageToken: parts.pageTokens.seal(system, grant, input, answer.nextPageToken),
  });
  const subjects =
    asked.length === 0 ? disclosure.subjects : [...new Set([...asked, ...disclosure.subjects])];
  return { body, status: 200, discloses: subjects };
}

/** The caller hears of nothing; that a record of the registry's needs mending is for the operator. */
function reportUndecided(
  { scopeUndecided }: Pick<Metrics, 'scopeUndecided'>,
  request: FastifyRequest,
  service: Service,
  answer: Answer,
): void {
  scopeUndecided.inc({ service: service.key }, answer.undecided);
  const err = answer.found ? undefined : answer.cause;
  request.log.warn(
    { requestId: request.id, service: service.key, err },
    'a record was left out: whether it is within the scope cannot be decided',
  );
}

/** `GET /v1/changes/{registry}`: the same steps, over a registry's change stream. */
export function feedRoute(parts: ExchangeParts): RouteOptions {
  const { catalog, identity, revocations, changes, evidence } = parts;
  return {
    method: 'GET',
    url: '/v1/changes/:registry',
    config: { service: 'changes.read' },
    onRequest: async (request, reply) => {
      const { progress } = request;
      progress.caller = await identity.authenticate(request);
      const { registry } = request.params as { registry: string };
      if (!catalog.streams.has(`${registry}.changes.read`)) throw new Problem('route_not_found');
      progress.service = `${registry}.changes.read`;
      const authorisation = authoriseStream(
        catalog,
        progress.caller,
        registry,
        request.headers,
        Date.now(),
        revocations.agreements,
      );
      progress.declaration = authorisation;
      request.streamAuthorisation = authorisation;
      await enter(parts, request, reply, authorisation.agreement);
    },
    handler: async (request, reply) => {
      const authorisation: StreamAuthorisation = request.streamAuthorisation!;
      const { registry } = request.params as { registry: string };
      holdContent(request, authorisation);
      reply.header('vary', 'Accept');
      if (preferredType(request.headers.accept, 'application/json', EVENT_STREAM) === EVENT_STREAM)
        return streamFeed(parts, request, reply, registry);
      const { limit, after } = feedQuery(request);
      const by = answerBy(request.progress);
      const question = { grants: authorisation.grants, registry, after };
      const page = await namingCursor(AFTER, changes.feed.page(question, limit, by - QUERY_LIMIT));
      const body = respondFeed(authorisation.agreement, page, request.id);
      const answer = { status: 200, contentType: JSON_TYPE, body };
      const signed = signAnswer(parts.signatures, parts.publicUrl, request, answer);
      // One entry for each entity: fields differ, and one page may hold several.
      const entries = page.disclosures.map(
        ({ fields, subjects }): Outcome => ({
          requestId: request.id,
          kind: 'disclosure',
          service: request.progress.service,
          subjects,
          fields,
          status: 200,
          code: undefined,
          request: request.progress.bytes,
          response: body,
          requestSignature: request.progress.signature,
          responseSignature: signed?.signature,
        }),
      );
      await disclose(evidence, request, authorisation, entries, by);
      return send(reply, 200, body, signed);
    },
  };
}

/** The same as a stream: authorised again, recorded and sent chunk by chunk (`exchange/streams/stream.ts`). */
async function streamFeed(
  parts: ExchangeParts,
  request: FastifyRequest,
  reply: FastifyReply,
  registry: string,
): Promise<FastifyReply> {
  const { changes, revocations } = parts;
  const { after, saidBy } = streamQuery(request);
  // Nobody reads what a HEAD would begin.
  if (request.method === 'HEAD') return reply.type(EVENT_STREAM).send();
  const { caller } = request.progress;
  const stream = openStream(parts, request, (catalog) =>
    authoriseStream(catalog, caller!, registry, request.headers, Date.now(), revocations.agreements),
  );
  try {
    const { grants } = stream.granted;
    const follower = await namingCursor(saidBy, changes.feed.follow({ grants, registry, after }));
    return startStream(parts, request, reply, stream, eventSource(follower, parts.streams.count));
  } catch (error) {
    stream.close();
    throw error;
  }
}

/** Holds the content against `Content-Digest` when a signature covers it, be it the caller's or the answer's. */
export function holdContent(request: FastifyRequest, { agreement }: Pick<Declaration, 'agreement'>): void {
  const { progress } = request;
  const covered = progress.signature?.coversContent ?? false;
  if (!covered && (request.headers['content-digest'] === undefined || !isToBeSigned(request))) return;
  verifyContent(request, Buffer.isBuffer(progress.bytes) ? progress.bytes : Buffer.alloc(0), agreement);
  progress.contentVerified = true;
}

/** Sends an answer with its signature. */
export function send(
  reply: FastifyReply,
  status: number,
  body: string | Buffer,
  signed: ResponseSignature | undefined,
): FastifyReply {
  if (signed) reply.headers(signed.headers);
  return reply.code(status).type(JSON_TYPE).send(body);
}
