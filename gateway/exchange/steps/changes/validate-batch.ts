/**
 * validate (a batch of changes): against the publish contract, whole. With `partial=true` a violation in one change refuses that
 * change alone; a violation of the batch itself (no changes, too many, unknown members) refuses it whole.
 */
import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Catalog, Grant } from '../../../catalog/catalog.ts';
import { scopeOf } from '../../../catalog/grant/stream-scopes.ts';
import type { PushedBatch } from '../../../changes/change.ts';
import { MOST_VIOLATIONS, type RefusedChange } from '../../../changes/intake/refused-change.ts';
import { Problem, type Violation } from '../../../problems/problem.ts';
import { violationsOf } from '../../../problems/violations.ts';
import type { JsonBody } from '../../../wire/json-body.ts';
import { textFaults } from '../../../wire/text-faults.ts';
import type { Batched, BodyRead, Call, Granted, Named } from '../../call.ts';
import { personsIn } from '../../input/batch-persons.ts';
import { publicationQuery, requestOf } from '../../input/input.ts';
import { validRequest } from '../../input/valid-request.ts';

/** @throws Problem `contract_violation`, `criterion_not_granted` */
export function validateBatch<C extends Call & Granted & BodyRead>(
  call: C,
  { catalog }: { readonly catalog: Catalog },
): C & Batched & Named {
  const { request, declaration } = call;
  const { grant } = declaration;
  const { partial } = publicationQuery(request);
  const { faults = [] } = (request.body ?? {}) as Partial<JsonBody>;
  if (!partial && faults.length > 0) throw new Problem('contract_violation', { errors: faults });
  const body = requestOf(request, grant.service);
  const malformed = partial ? refusedOf(grant, body, faults.length > 0) : [];
  const batch = (partial ? body : validRequest(grant, body)) as PushedBatch;
  const stream = catalog.streams.get(scopeOf(grant.service.registry, 'changes'))!;
  const skipped = new Set(malformed.map(({ index }) => index));
  const subjects = personsIn(
    stream,
    batch.changes.filter((_, index) => !skipped.has(index)),
  );
  return { ...call, partial, batch, stream, malformed, subjects };
}

/**
 * The changes of a batch that break the contract by themselves.
 * @param hasFaults are some of its texts no Unicode?
 * @throws Problem `contract_violation` when the batch itself breaks the contract
 */
function refusedOf(grant: Grant, request: unknown, hasFaults: boolean): RefusedChange[] {
  const broken = brokenChanges(grant, request);
  const refused = new Map(
    [...broken].map(([index, errors]): [number, readonly Violation[]] => [index, violationsOf(errors)]),
  );
  if (hasFaults) {
    const { changes, ...rest } = request as PushedBatch;
    const errors = textFaults(rest);
    if (errors.length > 0) throw new Problem('contract_violation', { errors });
    let listed = 0;
    for (const [index, change] of changes.entries()) {
      const faults = textFaults(change, `/changes/${index}`);
      if (faults.length === 0) continue;
      const named = faults.slice(0, Math.max(0, MOST_VIOLATIONS - listed));
      listed += named.length;
      refused.set(index, [...named, ...(refused.get(index) ?? [])]);
    }
  }
  return [...refused].map(([index, errors]) => ({ index, code: 'contract_violation', errors }));
}

/** Violations by the index of their change. @throws Problem `contract_violation` when the batch itself has one */
function brokenChanges(grant: Grant, request: unknown): ReadonlyMap<number, readonly ErrorObject[]> {
  try {
    validRequest(grant, request);
    return new Map();
  } catch (error) {
    const errors = grant.service.validateRequest.errors ?? [];
    if (!(error instanceof Problem) || error.code !== 'contract_violation' || errors.length === 0)
      throw error;
    const places = errors.map(({ instancePath }) => /^\/changes\/(\d+)(?:\/|$)/.exec(instancePath)?.[1]);
    if (places.includes(undefined)) throw error;
    return Map.groupBy(errors, (_, position) => Number(places[position]));
  }
}
