/**
 * publish: a provider's batch into the outbox, and its evidence with it; answered only after their commit. The answer
 * counts, and discloses nothing.
 *
 * All or nothing; with `partial=true` each change has an outcome of its own (as RFC 4918, 13, has one for each resource), and
 * what is refused is recorded before it is answered.
 */
import type { Grant, Stream } from '../../../catalog/catalog.ts';
import type { Changes } from '../../../changes/changes.ts';
import type { Publisher } from '../../../changes/intake/judge.ts';
import type { EvidenceEntry, EvidenceLog } from '../../../evidence/evidence.ts';
import { type LocalisedViolation, localise, Problem } from '../../../problems/problem.ts';
import { preferredLanguage } from '../../../wire/language.ts';
import type { Batched, Call, Granted, Identified, Named, Published, Signed, Warned } from '../../call.ts';
import { personsIn } from '../../input/batch-persons.ts';
import { entryOf, record } from '../../record/record.ts';

type Publishing = Call & Identified & Granted & Signed & Batched & Named;

interface PublishParts {
  readonly changes: Pick<Changes, 'publish' | 'publishWhatFits'>;
  readonly evidence: EvidenceLog;
}

/** The outcome of one change of a batch. */
interface ChangeOutcome {
  /** In the batch, from 0. */
  readonly index: number;
  /** 201 stored, 200 known already, 400 and 409 refused. */
  readonly status: number;
  readonly code?: 'contract_violation' | 'change_conflict';
  readonly errors?: readonly LocalisedViolation[];
}

/** @throws Problem (rejects with it) `contract_violation`, `change_conflict`, `store_unavailable`, `evidence_unavailable` */
export function publish<C extends Publishing>(call: C, parts: PublishParts): Promise<C & Published & Warned> {
  return call.partial ? publishInPart(call, parts) : publishWhole(call, parts);
}

async function publishWhole<C extends Publishing>(
  call: C,
  { changes }: PublishParts,
): Promise<C & Published & Warned> {
  const { batch, stream, subjects, declaration } = call;
  const { grant, agreement } = declaration;
  try {
    const publication = publicationOf(call, 201, subjects);
    const taken = await changes.publish(stream, batch, publication, publisherOf(stream, grant));
    const { accepted, duplicates, warned = [] } = taken;
    return { ...call, warned, published: { status: 201, body: { accepted, duplicates } } };
  } catch (error) {
    // A change outside the scope is refused by the agreement, so the refusal names it.
    if (!grant.scopeValues || !(error instanceof Problem) || error.code !== 'contract_violation') throw error;
    throw new Problem('contract_violation', { ...error.members, agreement: agreement.number });
  }
}

/** Stores the valid changes of the batch, and reports the result of each change. */
async function publishInPart<C extends Publishing>(
  call: C,
  { changes, evidence }: PublishParts,
): Promise<C & Published & Warned> {
  const { batch, stream, malformed, declaration, request } = call;
  const skipped = new Set(malformed.map(({ index }) => index));
  const publicationWithout = (refused: ReadonlySet<number>) => {
    if (refused.size === 0) return publicationOf(call, 207, call.subjects);
    const stored = batch.changes.filter((_, index) => !skipped.has(index) && !refused.has(index));
    return publicationOf(call, 207, personsIn(stream, stored));
  };
  const publisher = publisherOf(stream, declaration.grant);
  const taken = await changes.publishWhatFits(stream, batch, skipped, publicationWithout, publisher);
  const { accepted, duplicates, repeated, warned = [] } = taken;
  const refused = [...malformed, ...taken.refused];
  const language = preferredLanguage(request.headers['accept-language']);
  const outcomes = batch.changes.map((_, index): ChangeOutcome => ({ index, status: 201 }));
  for (const index of repeated) outcomes[index] = { index, status: 200 };
  for (const { index, code, errors } of refused) {
    outcomes[index] = { index, status: new Problem(code).status, code, errors: localise(language, errors) };
  }
  const first = outcomes.find(({ code }) => code !== undefined);
  if (first) {
    const about = refused.map(({ index }) => batch.changes[index]!);
    await record(evidence, call, {
      ...{ kind: 'refusal', status: 207, code: first.code, fields: undefined, response: undefined },
      subjects: personsIn(stream, about),
    });
  }
  const body = { accepted, duplicates, refused: refused.length, changes: outcomes };
  return { ...call, warned, published: { status: 207, body } };
}

/** The evidence of a publication, by the persons whose data came with it. */
function publicationOf(call: Publishing, status: number, subjects: readonly string[]): EvidenceEntry {
  const { fields } = call.declaration.grant;
  return entryOf(call, {
    kind: 'publication',
    status,
    code: undefined,
    fields,
    subjects,
    response: undefined,
  });
}

function publisherOf(stream: Stream, { service, publishedInScope }: Grant): Publisher {
  const { maxVersionStep = stream.maxVersionStep } = service;
  return { maxVersionStep, inScope: publishedInScope };
}
