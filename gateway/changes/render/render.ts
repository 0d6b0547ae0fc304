/**
 * Step 3 of the event flow: renders one change for one agreement. Pure; Kafka, the feed and the webhooks all use it.
 *
 * | state before | state after | rendered as |
 * |---|---|---|
 * | in scope, or not known | in scope | the change, when it touches something granted |
 * | outside | in scope | `created`: the record enters the scope |
 * | in scope | outside, or deleted | `deleted`: the record leaves the scope |
 * | outside, or not known | outside | nothing |
 */
import type { StreamGrant } from '../../catalog/catalog.ts';
import type { Operation, StoredChange } from '../change.ts';

export interface Rendered {
  readonly operation: Operation;
  /** The pointers of the change that lead to a granted field. None when deleted. */
  readonly changedFields: readonly string[];
  /** The minimised state; `undefined` when deleted. */
  readonly state: unknown;
}

/** @returns `undefined`: the agreement is granted nothing of this change */
export function render(change: StoredChange, grant: StreamGrant): Rendered | undefined {
  if (change.superseded || change.entity !== grant.entity.name) return undefined;
  const { before, after } = change;
  const wasInside = before !== undefined && grant.inScope(before);

  if (after === undefined || !grant.inScope(after)) {
    // Without a scope every subject was inside, also one that the gateway has not seen before.
    const known = wasInside || (after === undefined && grant.scope === undefined);
    return known ? { operation: 'deleted', changedFields: [], state: undefined } : undefined;
  }
  const enters = before !== undefined && !wasInside;
  if (!enters && change.operation === 'updated' && !grant.touches(change.changedFields)) return undefined;
  return {
    operation: enters ? 'created' : change.operation,
    changedFields: change.changedFields.filter((field) => grant.touches([field])),
    state: grant.project(change.data) ?? {},
  };
}
