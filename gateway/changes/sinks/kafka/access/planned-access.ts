/** Plans Kafka's access rules from the catalogue and the store. Changes nothing, and sends nothing to Kafka. */
import type { Catalog } from '../../../../catalog/catalog.ts';
import type { RevocableKind } from '../../../../identity/revocations.ts';
import type { Client } from '../../../../store/pool.ts';
import { readRules } from './access-keeper.ts';
import { type AccessRule, accessRules, keyOfRule, keyOfStream, type ReadableTopic } from './access-rules.ts';

export interface PlannedAccess {
  readonly allow: readonly AccessRule[];
  /** Rules that the gateway has set and that no grant needs any more. */
  readonly remove: readonly AccessRule[];
}

/** @param now milliseconds since the epoch */
export async function plannedAccess(
  pool: Pick<Client, 'query'>,
  catalog: Catalog,
  now: number,
): Promise<PlannedAccess> {
  const { rows: revoked } = await pool.query<{ kind: RevocableKind; value: string }>(
    'SELECT kind, value FROM revocation WHERE lifted_at IS NULL',
  );
  const { rows: existing } = await pool.query<ReadableTopic & { readonly current: boolean }>(
    `SELECT t.topic, t.agreement, t.registry, t.entity, t.state = 'open' AS current
     FROM kafka_topic t WHERE t.state IN ('open', 'kept') ORDER BY t.topic`,
  );
  const { rows: cursors } = await pool.query<{
    agreement: string;
    registry: string;
    entity: string;
    generation: number;
  }>('SELECT agreement, registry, entity, generation FROM relay_cursor');

  const isRevoked = {
    has: (kind: string, value: string) => revoked.some((one) => one.kind === kind && one.value === value),
  };
  const open = new Set(
    existing.flatMap((row) => (row.current ? [keyOfStream(row.agreement, row.registry, row.entity)] : [])),
  );
  const generations = new Map(
    cursors.map((row) => [keyOfStream(row.agreement, row.registry, row.entity), row.generation]),
  );
  // The next topic of each stream that has none yet.
  const future = catalog.streamGrants.flatMap(({ agreement: { number }, entity: { registry, name } }) => {
    const stream = keyOfStream(number, registry, name);
    if (open.has(stream)) return [];
    const generation = (generations.get(stream) ?? 0) + 1;
    const topic = `lienthong.${registry}.${name}.${number}.g${generation}`;
    return [{ topic, agreement: number, registry, entity: name }];
  });
  const allow = accessRules(catalog, [...existing, ...future], isRevoked, now);
  const wanted = new Set(allow.map(keyOfRule));
  const set = await readRules(pool);
  return { allow, remove: [...set.values()].filter((rule) => !wanted.has(keyOfRule(rule))) };
}
