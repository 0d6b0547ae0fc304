/**
 * Computes Kafka's access rules from the catalogue: the principals of an agreement's consumer may READ and DESCRIBE the
 * agreement's topics, and READ consumer groups named after their own system. There are no other rules.
 *
 * The groups of a system are `{system}` and `{system}.…`. No id of a system begins with another system's id and a dot, so a prefix
 * never matches another system's groups.
 */
import type { Agency, Agreement, Catalog, StreamGrant } from '../../../../catalog/catalog.ts';
import { termStatus } from '../../../../catalog/grant/term.ts';
import type { RevocationCheck } from '../../../../identity/revocations.ts';

export interface AccessRule {
  /** `User:thue` */
  readonly principal: string;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operation: 'read' | 'describe';
}

/** A topic that subscribers may read: an open or a kept one. */
export interface ReadableTopic {
  readonly topic: string;
  readonly agreement: string;
  readonly registry: string;
  readonly entity: string;
}

export const keyOfRule = ({ principal, resource, name, pattern, operation }: AccessRule): string =>
  [principal, resource, pattern, name, operation].join(' ');

/** The key of the stream that a grant and a topic belong to. */
export const keyOfStream = (agreement: string, registry: string, entity: string): string =>
  `${agreement}/${registry}/${entity}`;

/** The catalogue's stream grants by {@link keyOfStream}. */
export function grantsByStream({ streamGrants }: Catalog): Map<string, StreamGrant> {
  return new Map(
    streamGrants.map((grant) => [
      keyOfStream(grant.agreement.number, grant.entity.registry, grant.entity.name),
      grant,
    ]),
  );
}

/** May the systems of the consumer that are not revoked read the topics of this agreement now? */
function mayBeRead(agreement: Agreement, revocations: Pick<RevocationCheck, 'has'>, now: number): boolean {
  return termStatus(agreement, now) === 'in_force' && !revocations.has('agreement', agreement.number);
}

/** @param now milliseconds since the epoch */
export function accessRules(
  catalog: Catalog,
  topics: readonly ReadableTopic[],
  revocations: Pick<RevocationCheck, 'has'>,
  now: number,
): AccessRule[] {
  const grants = grantsByStream(catalog);
  const rules = new Map<string, AccessRule>();
  const add = (rule: AccessRule) => rules.set(keyOfRule(rule), rule);
  for (const { topic, agreement, registry, entity } of topics) {
    const grant = grants.get(keyOfStream(agreement, registry, entity));
    if (!grant || !mayBeRead(grant.agreement, revocations, now)) continue;
    for (const id of grant.systems) {
      const system = catalog.systems.get(id);
      if (!system || isSystemRevoked(id, system.agency, revocations)) continue;
      for (const principal of system.kafkaPrincipals ?? []) {
        add({ principal, resource: 'topic', name: topic, pattern: 'literal', operation: 'read' });
        add({ principal, resource: 'topic', name: topic, pattern: 'literal', operation: 'describe' });
        add({ principal, resource: 'group', name: id, pattern: 'literal', operation: 'read' });
        add({ principal, resource: 'group', name: `${id}.`, pattern: 'prefixed', operation: 'read' });
      }
    }
  }
  return [...rules.values()];
}

function isSystemRevoked(system: string, agency: Agency, revocations: Pick<RevocationCheck, 'has'>): boolean {
  return revocations.has('system', system) || revocations.has('agency', agency.code);
}
