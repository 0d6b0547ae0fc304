/**
 * validate (request), change by change: of a batch that is published in part, what is wrong with one change is its own
 * outcome. What is wrong with the batch itself (no changes, too many, unknown members) refuses it whole.
 */
import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Service } from '../../catalog/catalog.ts';
import type { PushedBatch } from '../../changes/change.ts';
import { MOST_VIOLATIONS, type RefusedChange } from '../../changes/intake/refused-change.ts';
import { Problem, type Violation } from '../../problems/problem.ts';
import { violationsOf } from '../../problems/violations.ts';
import { textFaults } from '../../wire/text-faults.ts';

export interface Batch {
  /** Those of its changes that are not refused have passed the publish contract. */
  readonly batch: PushedBatch;
  readonly refused: readonly RefusedChange[];
}

/**
 * @param hasFaults are some of its texts no Unicode?
 * @param validate holds the whole request against the contract (`validate-request.ts`)
 * @throws Problem `contract_violation` when the batch itself breaks the contract
 */
export function validateBatch(
  service: Service,
  request: unknown,
  hasFaults: boolean,
  validate: (request: unknown) => unknown,
): Batch {
  const broken = brokenChanges(service, request, validate);
  const batch = request as PushedBatch;
  const refused = new Map(
    [...broken].map(([index, errors]): [number, readonly Violation[]] => [index, violationsOf(errors)]),
  );
  if (hasFaults) {
    const { changes, ...rest } = batch;
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
  return {
    batch,
    refused: [...refused].map(([index, errors]) => ({ index, code: 'contract_violation', errors })),
  };
}

/** What the contract says against single changes. @throws Problem `contract_violation` when it is against more than that */
function brokenChanges(
  service: Service,
  request: unknown,
  validate: (request: unknown) => unknown,
): ReadonlyMap<number, readonly ErrorObject[]> {
  try {
    validate(request);
    return new Map();
  } catch (error) {
    const errors = service.validateRequest.errors ?? [];
    if (!(error instanceof Problem) || error.code !== 'contract_violation' || errors.length === 0)
      throw error;
    const places = errors.map(({ instancePath }) => /^\/changes\/(\d+)(?:\/|$)/.exec(instancePath)?.[1]);
    if (places.includes(undefined)) throw error;
    return Map.groupBy(errors, (_, position) => Number(places[position]));
  }
}
