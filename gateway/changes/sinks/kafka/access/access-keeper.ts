/**
 * Keeps Kafka's access rules (ACLs) in step with the catalogue, if the cluster has an authorizer.
 *
 * The keeper removes only rules that the gateway has set (table `kafka_acl`), and leaves an operator's own rules alone. It records a rule
 * before it sets the rule in Kafka, and deletes the record after it has removed the rule, so that a crash leaves no unrecorded rule.
 */
import kafkajs, { type AclEntry, type AclFilter } from 'kafkajs';
import type { Logger } from 'pino';
import { textColumn } from '../../../../store/columns.ts';
import type { Client, Pool } from '../../../../store/pool.ts';
import type { KafkaAdmin } from '../client/kafka-admin.ts';
import { protocolErrorOf } from '../client/kafka-errors.ts';
import { type AccessRule, keyOfRule } from './access-rules.ts';

/** Milliseconds after which rules are set again, because somebody may have removed them, and the authorizer is checked again. */
const ASSURE_EVERY = 10 * 60_000;

export interface AccessKeeper {
  /**
   * Removes rules that are not in `wanted`, then sets the missing ones. MAY be called again after every error.
   * @throws (rejects with) the error of Kafka or PostgreSQL
   */
  reconcile(wanted: readonly AccessRule[]): Promise<void>;
  /** Makes the next call of `reconcile` set the topic's rules again, because the topic was made again. */
  forget(topic: string): void;
}

type Authorizer = 'present' | 'missing' | 'forbidden';

export interface AccessKeeperOptions {
  readonly pool: Pool;
  readonly admin: Pick<KafkaAdmin, 'run'>;
  readonly log: Logger;
}

export function openAccessKeeper({ pool, admin, log }: AccessKeeperOptions): AccessKeeper {
  let stored: Map<string, AccessRule> | undefined;
  const assured = new Set<string>();
  let authorizer: Authorizer | undefined;
  let reported: Authorizer | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;

  async function findAuthorizer(): Promise<Authorizer> {
    if (authorizer !== undefined && performance.now() - checkedAt < ASSURE_EVERY) return authorizer;
    authorizer = await admin
      .run((client) => client.describeAcls({ ...filterOf(NOBODY), principal: NOBODY.principal }))
      .then((): Authorizer => 'present')
      .catch((error: unknown) => {
        const found = WITHOUT_AUTHORIZER[protocolErrorOf(error) ?? ''];
        if (!found) throw error;
        return found;
      });
    checkedAt = performance.now();
    assured.clear();
    if (authorizer !== reported) log[authorizer === 'present' ? 'info' : 'warn'](NOTICES[authorizer]);
    reported = authorizer;
    return authorizer;
  }

  async function remove(rules: readonly AccessRule[]): Promise<void> {
    await admin.run((client) => client.deleteAcls({ filters: rules.map(filterOf) }));
    await pool.query(
      `DELETE FROM kafka_acl a USING ${RULES}
       WHERE (a.principal, a.resource, a.name, a.pattern, a.operation)
           = (r.principal, r.resource, r.name, r.pattern, r.operation)`,
      columns(rules),
    );
    for (const rule of rules) {
      stored?.delete(keyOfRule(rule));
      assured.delete(keyOfRule(rule));
    }
    log.info(summaryOf(rules), 'access rules were taken back in Kafka');
  }

  async function set(rules: readonly AccessRule[]): Promise<void> {
    await pool.query(
      `INSERT INTO kafka_acl (principal, resource, name, pattern, operation)
       SELECT r.principal, r.resource, r.name, r.pattern, r.operation FROM ${RULES} ON CONFLICT DO NOTHING`,
      columns(rules),
    );
    for (const rule of rules) stored?.set(keyOfRule(rule), rule);
    await admin.run((client) => client.createAcls({ acl: rules.map(entryOf) }));
    for (const rule of rules) assured.add(keyOfRule(rule));
    log.info(summaryOf(rules), 'access rules are set in Kafka');
  }

  return {
    async reconcile(wanted) {
      stored ??= await readRules(pool);
      const keys = new Set(wanted.map(keyOfRule));
      if ((await findAuthorizer()) !== 'present') return;
      const unwanted = [...stored.values()].filter((rule) => !keys.has(keyOfRule(rule)));
      const missing = wanted.filter((rule) => !assured.has(keyOfRule(rule)));
      for (const rules of chunks(unwanted)) await remove(rules);
      for (const rules of chunks(missing)) await set(rules);
    },
    forget(topic) {
      for (const [key, { resource, name }] of stored ?? []) {
        if (resource === 'topic' && name === topic) assured.delete(key);
      }
    },
  };
}

/** The rules that the gateway has recorded as set. */
export async function readRules(pool: Pick<Client, 'query'>): Promise<Map<string, AccessRule>> {
  const { rows } = await pool.query<AccessRule>(
    'SELECT principal, resource, name, pattern, operation FROM kafka_acl ORDER BY 1, 2, 3, 4, 5',
  );
  return new Map(rows.map((rule) => [keyOfRule(rule), rule]));
}

const WITHOUT_AUTHORIZER: Readonly<Record<string, Authorizer>> = {
  SECURITY_DISABLED: 'missing',
  CLUSTER_AUTHORIZATION_FAILED: 'forbidden',
};

const NOTICES: Readonly<Record<Authorizer, string>> = {
  present: 'Kafka has an authorizer: who may read which topic is set by the gateway',
  missing: 'Kafka has no authorizer: whoever reaches the brokers can read every topic',
  forbidden:
    'Kafka does not let the gateway set who may read which topic (ALTER and DESCRIBE on the cluster): that is left to the operator; "lienthong kafka acls" prints it',
};

/** The rules in one request. Kafka's controller accepts at most ten thousand records. */
const CHUNK = 1000;

function* chunks(rules: readonly AccessRule[]): Generator<readonly AccessRule[]> {
  for (let start = 0; start < rules.length; start += CHUNK) yield rules.slice(start, start + CHUNK);
}

/** The members of a log line: the number of rules, and the first twenty. */
const summaryOf = (rules: readonly AccessRule[]) => ({
  count: rules.length,
  rules: rules.slice(0, 20).map(keyOfRule),
});

const RULES = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
  AS r (principal, resource, name, pattern, operation)`;

const columns = (rules: readonly AccessRule[]): Buffer[] =>
  (['principal', 'resource', 'name', 'pattern', 'operation'] as const).map((name) =>
    textColumn(rules.map((rule) => rule[name])),
  );

const RESOURCES = { topic: kafkajs.AclResourceTypes.TOPIC, group: kafkajs.AclResourceTypes.GROUP };
const PATTERNS = {
  literal: kafkajs.ResourcePatternTypes.LITERAL,
  prefixed: kafkajs.ResourcePatternTypes.PREFIXED,
};
const OPERATIONS = { read: kafkajs.AclOperationTypes.READ, describe: kafkajs.AclOperationTypes.DESCRIBE };

/** A rule that never exists: a filter for it shows whether an authorizer answers. */
const NOBODY: AccessRule = {
  principal: 'User:lienthong-nobody',
  resource: 'topic',
  name: 'lienthong',
  pattern: 'literal',
  operation: 'read',
};

function entryOf({ principal, resource, name, pattern, operation }: AccessRule): AclEntry {
  return {
    principal,
    host: '*',
    resourceType: RESOURCES[resource],
    resourceName: name,
    resourcePatternType: PATTERNS[pattern],
    operation: OPERATIONS[operation],
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
  };
}

/** A filter that matches exactly this rule. */
const filterOf = (rule: AccessRule): AclFilter => entryOf(rule);
