/**
 * The part of the request flow that services have of their own which change something.
 *
 *   publish             a provider's batch -> the outbox
 *   write               a request -> the registry, once for each Idempotency-Key (writes/writes.ts)
 */
import type { FastifyRequest } from 'fastify';
import type { Catalog, Service } from '../catalog/catalog.ts';
import type { Changes } from '../changes/changes.ts';
import { Problem } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import type { Asker } from '../writes/intent.ts';
import { problemOfRejection } from '../writes/rejection.ts';
import type { Writes } from '../writes/writes.ts';
import type { Authorisation } from './authorise.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { requestOf } from './input.ts';
import { minimise } from './minimise.ts';
import { publish } from './publish.ts';
import { entryOf } from './record.ts';
import { respond } from './respond.ts';
import { upstreamProblem } from './upstream-problem.ts';
import { validateRequest } from './validate-request.ts';

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
}

/** validateRequest, publish: the batch and its evidence are committed together. */
export async function performPublication(
  { catalog, changes }: PublicationParts,
  request: FastifyRequest,
  authorisation: Authorisation,
): Promise<Performed> {
  const { grant } = authorisation;
  const { progress } = request;
  const batch = validateRequest(grant.service, grant, requestOf(request, grant.service));
  const published = await publish(changes, catalog, grant, batch, (subjects) => {
    progress.subjects = subjects;
    return entryOf(progress.caller!, authorisation, {
      requestId: request.id,
      kind: 'publication',
      service: grant.service.key,
      subjects,
      fields: grant.fields,
      status: 201,
      code: undefined,
      request: progress.bytes,
      response: undefined,
      requestSignature: progress.signature,
    });
  });
  return { body: Buffer.from(JSON.stringify(published)), status: 201, discloses: undefined };
}

interface WriteParts {
  readonly writes: Writes;
}

/**
 * readIdempotencyKey, validateRequest, write, minimise, respond. What is outside the scope reads as not found, and the registry
 * does not hear of it. An outcome that the key has already is told like a new one: by the grant of this call.
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
  const idempotencyKey = readIdempotencyKey(request.headers);
  const input = validateRequest(service, grant, requestOf(request, service));
  const asked = grant.subjectsOfRequest(input);
  progress.subjects = asked;
  if (grant.requestScope?.includes(input) === false) throw new Problem('not_found');
  const outcome = await writes
    .perform({
      service,
      idempotencyKey,
      request: input,
      asker: askerOf(request.id, service, progress.caller!, authorisation, asked),
      received: { request: progress.bytes, requestSignature: progress.signature },
      answerBy: by,
    })
    .catch((error: unknown) => {
      throw upstreamProblem(error);
    });
  if (outcome.state === 'rejected') throw problemOfRejection(outcome.reason);
  const { data, subjects } = minimise(grant, outcome.data);
  const body = respond(grant, data, { requestId: request.id, asOf: outcome.occurredAt });
  return { body, status: 200, discloses: [...new Set([...asked, ...subjects])] };
}

function askerOf(
  requestId: string,
  service: Service,
  caller: Caller,
  { agreement, purpose, caseId, officerId }: Authorisation,
  subjects: readonly string[],
): Asker {
  const { agency, system, keyThumbprint, tokenId } = caller;
  const { number, legalBasis } = agreement;
  return {
    ...{ requestId, agency, system, keyThumbprint, tokenId, agreement: number, purpose, legalBasis },
    ...{ caseId, officerId, service: service.key, subjects },
  };
}
