/** The grants of a subscription in the form that is stored, to notice a later narrowing. */
import type { StreamGrant } from '../../../catalog/catalog.ts';
import type { GrantedEntity, Subscription } from './subscription.ts';

/** The grants for a subscription's entities; `undefined` when one of these entities is not granted. */
export function grantsOf(
  grants: readonly StreamGrant[],
  entities: readonly string[] | null,
): readonly StreamGrant[] | undefined {
  if (entities === null) return grants.length > 0 ? grants : undefined;
  const chosen = grants.filter(({ entity }) => entities.includes(entity.name));
  return chosen.length === entities.length ? chosen : undefined;
}

export function grantedBy(grants: readonly StreamGrant[]): Subscription['granted'] {
  return Object.fromEntries(
    grants.map(({ entity, fields, scope }) => [
      entity.name,
      { fields: fields.disclosed, scope: scope?.within ?? null },
    ]),
  );
}

/** Does `now` lack an entity, a field or a row of `before`? */
export function isNarrowed(before: Subscription['granted'], now: Subscription['granted']): boolean {
  return Object.entries(before).some(([entity, granted]) => {
    const given = now[entity];
    return !given || losesFields(granted, given) || losesRows(granted.scope, given.scope);
  });
}

function losesFields(before: GrantedEntity, now: GrantedEntity): boolean {
  const fields = new Set(now.fields);
  return before.fields.some((field) => !fields.has(field));
}

/** A granted row has an allowed value in every dimension: one more dimension, or one value less, means fewer rows. */
function losesRows(before: GrantedEntity['scope'], now: GrantedEntity['scope']): boolean {
  return Object.entries(now ?? {}).some(([dimension, values]) => {
    const earlier = before?.[dimension];
    return !earlier || earlier.some((value) => !values.includes(value));
  });
}
