/**
 * publish: a provider's batch into the outbox, and its evidence with it; 201 only after their commit. The answer counts,
 * and discloses nothing.
 */
import type { Catalog, Grant } from '../catalog/catalog.ts';
import { compileInScope } from '../catalog/scope.ts';
import type { PushedBatch } from '../changes/change.ts';
import type { Changes } from '../changes/changes.ts';
import { Problem, type Violation } from '../errors.ts';
import type { EvidenceEntry } from '../evidence/evidence.ts';

export interface Published {
  readonly accepted: number;
  readonly duplicates: number;
}

/**
 * @param batch has passed the publish contract; its entities' data are checked by the intake
 * @param publicationOf the evidence of it, by the persons whose data came with it
 * @throws Problem `contract_violation`, `change_conflict`, `store_unavailable`, `evidence_unavailable`
 */
export async function publish(
  changes: Changes,
  catalog: Catalog,
  grant: Grant,
  batch: unknown,
  publicationOf: (subjects: readonly string[]) => EvidenceEntry,
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
  const subjects = new Set<string>();
  for (const change of pushed.changes) {
    for (const subject of stream.entities.get(change.entity)?.subjectsOf(change.data) ?? [])
      subjects.add(subject);
  }
  return changes.publish(stream, pushed, publicationOf([...subjects]));
}
