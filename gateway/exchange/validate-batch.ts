/**
 * validate (request), change by change: of a batch that is published in part, what is wrong with one change is its own
 * outcome. What is wrong with the batch itself (no changes, too many, unknown members) refuses it whole.
 */
import type { Service } from '../catalog/catalog.ts';
import type { PushedBatch } from '../changes/change.ts';
import type { RefusedChange } from '../changes/refused-change.ts';
import { Problem } from '../errors.ts';
import { violationsOf } from '../violations.ts';

export interface Batch {
  /** Those of its changes that are not refused have passed the publish contract. */
  readonly batch: PushedBatch;
  readonly refused: readonly RefusedChange[];
}

/**
 * @param validate holds the whole request against the contract (`validate-request.ts`)
 * @throws Problem `contract_violation` when the batch itself breaks the contract
 */
export function validateBatch(
  service: Service,
  request: unknown,
  validate: (request: unknown) => unknown,
): Batch {
  try {
    return { batch: validate(request) as PushedBatch, refused: [] };
  } catch (error) {
    const errors = service.validateRequest.errors ?? [];
    if (!(error instanceof Problem) || error.code !== 'contract_violation' || errors.length === 0)
      throw error;
    const places = errors.map(({ instancePath }) => /^\/changes\/(\d+)(?:\/|$)/.exec(instancePath)?.[1]);
    if (places.includes(undefined)) throw error;
    const refused = [...Map.groupBy(errors, (_, position) => Number(places[position]))];
    return {
      batch: request as PushedBatch,
      refused: refused.map(([index, those]) => ({
        index,
        code: 'contract_violation',
        errors: violationsOf(those),
      })),
    };
  }
}
