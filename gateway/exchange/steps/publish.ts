/**
 * publish: a provider's batch into the outbox, and its evidence with it; answered only after their commit. The answer
 * counts, and discloses nothing.
 *
 * All or nothing; with `partial=true` each change has an outcome of its own (as RFC 4918, 13, has one for each resource).
 */
import type { Catalog, Grant, Stream } from '../../catalog/catalog.ts';
import { compileInScope } from '../../catalog/grant/scope.ts';
import type { PushedBatch, PushedChange } from '../../changes/change.ts';
import type { Changes } from '../../changes/changes.ts';
import type { TakenIn } from '../../changes/intake/intake.ts';
import type { Publisher } from '../../changes/intake/judge.ts';
import type { RefusedChange } from '../../changes/intake/refused-change.ts';
import type { EvidenceEntry } from '../../evidence/evidence.ts';
import { type Language, Problem, type SpokenViolation, spokenIn } from '../../problems/problem.ts';
import type { Batch } from './validate-batch.ts';

/** The evidence of a publication, by the persons whose data came with it. */
type PublicationOf = (subjects: readonly string[]) => EvidenceEntry;

/**
 * @param batch has passed the publish contract; its entities' data are checked by the intake
 * @throws Problem `contract_violation`, `change_conflict`, `store_unavailable`, `evidence_unavailable`
 */
export async function publish(
  changes: Changes,
  catalog: Catalog,
  grant: Grant,
  batch: PushedBatch,
  publicationOf: PublicationOf,
): Promise<TakenIn> {
  const stream = streamOf(catalog, grant);
  const publication = publicationOf(subjectsOf(stream, batch.changes));
  try {
    return await changes.publish(stream, batch, publication, publisherOf(stream, grant));
  } catch (error) {
    // What is outside the scope is outside that of an agreement.
    if (!grant.scopeValues || !(error instanceof Problem) || error.code !== 'contract_violation') throw error;
    throw new Problem('contract_violation', { ...error.members, agreement: grant.agreement.number });
  }
}

/** What became of one change of a batch. */
export interface ChangeOutcome {
  /** In the batch, from 0. */
  readonly index: number;
  /** 201 stored, 200 known already, 400 and 409 refused. */
  readonly status: number;
  readonly code?: RefusedChange['code'];
  readonly errors?: readonly SpokenViolation[];
}

/** The body of a 207. */
export interface PartlyPublished {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: number;
  /** One for each change, in the order of the batch. */
  readonly changes: readonly ChangeOutcome[];
}

export interface PublishedInPart {
  readonly body: PartlyPublished;
  readonly warned: readonly string[];
  /** Persons of whom something was refused. */
  readonly refusedSubjects: readonly string[];
}

/**
 * Stores the changes that are right, and says of each what became of it.
 * @param language of the violations
 * @throws Problem `store_unavailable`, `evidence_unavailable`
 */
export async function publishInPart(
  changes: Changes,
  catalog: Catalog,
  grant: Grant,
  { batch, refused: malformed }: Batch,
  publicationOf: PublicationOf,
  language: Language,
): Promise<PublishedInPart> {
  const stream = streamOf(catalog, grant);
  const skipped = new Set(malformed.map(({ index }) => index));
  const publicationWithout = (refused: ReadonlySet<number>) =>
    publicationOf(
      subjectsOf(
        stream,
        batch.changes.filter((_, index) => !skipped.has(index) && !refused.has(index)),
      ),
    );
  const publisher = publisherOf(stream, grant);
  const {
    accepted,
    duplicates,
    repeated,
    refused,
    warned = [],
  } = await changes.publishWhatFits(stream, batch, skipped, publicationWithout, publisher);
  const outcomes = batch.changes.map((_, index): ChangeOutcome => ({ index, status: 201 }));
  for (const index of repeated) outcomes[index] = { index, status: 200 };
  const all = [...malformed, ...refused];
  for (const { index, code, errors } of all) {
    outcomes[index] = { index, status: new Problem(code).status, code, errors: spokenIn(language, errors) };
  }
  return {
    body: { accepted, duplicates, refused: all.length, changes: outcomes },
    warned,
    refusedSubjects: subjectsOf(
      stream,
      all.map(({ index }) => batch.changes[index]!),
    ),
  };
}

function streamOf({ streams }: Catalog, { service }: Grant): Stream {
  return streams.get(`${service.registry}.changes.read`)!;
}

function publisherOf(stream: Stream, { service, scopeWithin }: Grant): Publisher {
  const { maxVersionStep = stream.maxVersionStep } = service;
  return { maxVersionStep, inScope: scopeWithin && compileInScope(scopeWithin) };
}

/** Persons whose data came, also those whose records were deleted. */
function subjectsOf({ entities }: Stream, pushed: readonly PushedChange[]): string[] {
  const subjects = new Set<string>();
  for (const change of pushed) {
    // What is malformed may be anything.
    if (typeof change !== 'object' || change === null) continue;
    const { entity: name, subject, data } = change;
    const entity = entities.get(name);
    if (!entity) continue;
    if (entity.isSubject(subject) && entity.isPerson(subject)) subjects.add(subject);
    for (const person of entity.subjectsOf(data)) subjects.add(person);
  }
  return [...subjects];
}
