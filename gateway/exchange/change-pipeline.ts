/**
 * The part of the request flow that services have of their own which change something.
 *
 *   publish             a provider's batch -> the outbox
 *   write               a request -> the registry, once for each Idempotency-Key (writes/writes.ts)
 */
import type { FastifyRequest } from 'fastify';
import type { Applied } from '../../adapters/adapter.ts';
import type { Catalog, Grant, Service } from '../catalog/catalog.ts';
import type { PushedBatch } from '../changes/change.ts';
import type { Changes } from '../changes/changes.ts';
import type { EvidenceEntry, EvidenceLog } from '../evidence/evidence.ts';
import type { Caller } from '../identity/caller.ts';
import { Problem, type ProblemCode } from '../problems/problem.ts';
import { upstreamProblem } from '../problems/upstream-problem.ts';
import type { JsonBody } from '../wire/json-body.ts';
import { preferredLanguage } from '../wire/language.ts';
import type { Asker } from '../writes/intent.ts';
import { problemOfRejection } from '../writes/rejection.ts';
import type { Wanted, Writes } from '../writes/writes.ts';
import { readIdempotencyKey } from './input/idempotency-key.ts';
import { publicationQuery, requestOf } from './input/input.ts';
import type { Authorisation } from './steps/authorise.ts';
import { evenOut, timerClock } from './steps/even-out.ts';
import { minimise } from './steps/minimise.ts';
import { publish, publishInPart } from './steps/publish.ts';
import { entryOf, recordEntry } from './steps/record.ts';
import { respond } from './steps/respond.ts';
import { validateBatch } from './steps/validate-batch.ts';
import { validateRequest } from './steps/validate-request.ts';

/** What a call comes to. */
export interface Performed {
  /** To be sent: encoded once, for the evidence, the length and the wire. */
  readonly body: Buffer;
  readonly status: number;
  /** Numbers of the persons whom the answer concerns; `undefined` when it discloses nothing, and is recorded already. */
  readonly discloses: readonly string[] | undefined;
}

interface PublicationParts {
  readonly catalog: Catalog;
  readonly changes: Changes;
  readonly evidence: EvidenceLog;
}

/**
 * validateRequest, publish: the batch and its evidence are committed together. With `partial=true`: validateBatch,
 * publishInPart; what is refused is recorded before it is answered.
 */
export async function performPublication(
  { catalog, changes, evidence }: PublicationParts,
  request: FastifyRequest,
  authorisation: Authorisation,
): Promise<Performed> {
  const { grant } = authorisation;
  const { progress } = request;
  const { partial } = publicationQuery(request);
  const entry = (
    kind: EvidenceEntry['kind'],
    status: number,
    subjects: readonly string[],
    code?: ProblemCode,
  ): EvidenceEntry =>
    entryOf(progress.caller!, authorisation, {
      requestId: request.id,
      kind,
      service: grant.service.key,
      subjects,
      fields: kind === 'publication' ? grant.fields : undefined,
      status,
      code,
      request: progress.bytes,
      response: undefined,
      requestSignature: progress.signature,
    });
  const publication = (status: number) => (subjects: readonly string[]) => {
    progress.subjects = subjects;
    return entry('publication', status, subjects);
  };
  const body = requestOf(request, grant.service);
  const { faults = [] } = (request.body ?? {}) as Partial<JsonBody>;
  if (!partial) {
    if (faults.length > 0) throw new Problem('contract_violation', { errors: faults });
    const batch = validateRequest(grant.service, grant, body) as PushedBatch;
    const {
      accepted,
      duplicates,
      warned = [],
    } = await publish(changes, catalog, grant, batch, publication(201));
    progress.warned = warned;
    return answered(201, { accepted, duplicates });
  }
  const batch = validateBatch(grant.service, body, faults.length > 0, (request) =>
    validateRequest(grant.service, grant, request),
  );
  const published = await publishInPart(
    changes,
    catalog,
    grant,
    batch,
    publication(207),
    preferredLanguage(request.headers['accept-language']),
  );
  progress.warned = published.warned;
  const refusal = published.body.changes.find(({ code }) => code !== undefined);
  if (refusal) {
    await recordEntry(evidence, entry('refusal', 207, published.refusedSubjects, refusal.code));
  }
  return answered(207, published.body);
}

function answered(status: number, body: object): Performed {
  return { body: Buffer.from(JSON.stringify(body)), status, discloses: undefined };
}

interface WriteParts {
  readonly writes: Writes;
}

/**
 * readIdempotencyKey, validateRequest, write, minimise, respond. What is outside the scope reads as not found, and the registry
 * does not hear of it. So does a rejection, unless its record is known to be inside: a person who lives elsewhere is no more
 * there than one who does not exist, whatever else is wrong with the request. An outcome that the key has already is told like
 * a new one: by the grant of this call.
 */
export async function performWrite(
  { writes }: WriteParts,
  request: FastifyRequest,
  authorisation: Authorisation,
  by: number,
): Promise<Performed> {
  const { grant } = authorisation;
  const { service } = grant;
  const { progress } = request;
  const begun = grant.scope ? timerClock() : 0;
  const idempotencyKey = readIdempotencyKey(request.headers);
  const input = validateRequest(service, grant, requestOf(request, service));
  const asked = grant.subjectsOfRequest(input);
  progress.subjects = asked;
  const written = write(writes, grant, {
    service,
    idempotencyKey,
    request: input,
    asker: askerOf(request.id, service, progress.caller!, authorisation, asked),
    received: { request: progress.bytes, requestSignature: progress.signature },
    answerBy: by,
  });
  const outcome = await (grant.scope ? evenOut(begun, written) : written);
  const { data, subjects } = minimise(grant, outcome.data);
  const body = respond(grant, data, { requestId: request.id, asOf: outcome.occurredAt });
  return { body, status: 200, discloses: [...new Set([...asked, ...subjects])] };
}

/** @throws Problem, also of a rejection: `not_found` where the caller may not hear of the record */
async function write(writes: Writes, { scope, requestScope }: Grant, wanted: Wanted): Promise<Applied> {
  if (requestScope?.includes(wanted.request) === false) throw new Problem('not_found');
  const outcome = await writes.perform(wanted).catch((error: unknown) => {
    throw upstreamProblem(error);
  });
  if (outcome.state === 'applied') return outcome;
  if (scope && !(await writes.isWithin(wanted, scope.within))) throw new Problem('not_found');
  throw problemOfRejection(outcome.reason);
}

function askerOf(
  requestId: string,
  service: Service,
  caller: Caller,
  { agreement, circumstances }: Authorisation,
  subjects: readonly string[],
): Asker {
  const { agency, system, keyThumbprint, tokenId } = caller;
  const { number, legalBasis } = agreement;
  return {
    ...{ requestId, agency, system, keyThumbprint, tokenId, agreement: number, legalBasis },
    ...{ ...circumstances, service: service.key, subjects },
  };
}
