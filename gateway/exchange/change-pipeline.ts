/** The part of the request flow that services have of their own which change something: what a provider publishes. */
import type { FastifyRequest } from 'fastify';
import type { Catalog } from '../catalog/catalog.ts';
import type { Changes } from '../changes/changes.ts';
import type { Authorisation } from './authorise.ts';
import { requestOf } from './input.ts';
import { publish } from './publish.ts';
import { entryOf } from './record.ts';
import { validateRequest } from './validate-request.ts';

/** What a call comes to. */
export interface Performed {
  /** To be sent. */
  readonly body: string;
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
  return { body: JSON.stringify(published), status: 201, discloses: undefined };
}
