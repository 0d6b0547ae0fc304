/** publish: a provider's batch into the outbox; 201 only after its commit. The answer counts, and discloses nothing. */
import type { Catalog, Grant } from '../catalog/catalog.ts';
import { compileInScope } from '../catalog/scope.ts';
import type { PushedBatch } from '../changes/change.ts';
import type { Changes } from '../changes/changes.ts';
import { Problem, type Violation } from '../errors.ts';

export interface Published {
  readonly result: { readonly accepted: number; readonly duplicates: number };
  /** Numbers of the persons whose data came with the batch. */
  readonly subjects: readonly string[];
}

/**
 * @param batch has passed the publish contract; its entities' data are checked by the intake
 * @throws Problem `contract_violation`, `change_conflict`, `store_unavailable`
 */
export async function publish(
  changes: Changes,
  catalog: Catalog,
  grant: Grant,
  batch: unknown,
): Promise<Published> {
  const { registry } = grant.service;
  const stream = catalog.streams.get(`${registry}.changes.read`)!;
  const pushed = batch as PushedBatch;
  if (grant.scopeValues) {
    const inScope = compileInScope(grant.scopeValues);
    const errors = pushed.changes.flatMap((change, index): Violation[] => {
      const entity = stream.entities.get(change.entity);
      if (
        !entity ||
        change.data === undefined ||
        change.data === null ||
        inScope(entity.dimensionsOf(change.data))
      )
        return [];
      return [{ pointer: `/changes/${index}/data`, detail: 'is outside the scope of the agreement' }];
    });
    if (errors.length > 0)
      throw new Problem('contract_violation', { agreement: grant.agreement.number, errors });
  }
  const result = await changes.publish(stream, pushed);
  const subjects = new Set<string>();
  for (const change of pushed.changes) {
    for (const subject of stream.entities.get(change.entity)?.subjectsOf(change.data) ?? [])
      subjects.add(subject);
  }
  return { result, subjects: [...subjects] };
}
