/**
 * Can PostgreSQL do what every call needs? An answer is not enough: a server that is read-only (a demoted primary, a full
 * disk) or whose evidence is locked answers, and serves no call.
 *
 * One short transaction takes the locks of recording a call and of issuing a token, and writes an assertion, all rolled back;
 * then a row is written and committed. Evidence itself is written only at the beginning and while it fails:
 * then an entry is tried and rolled back, so that the end of the failure is noticed without a call.
 *
 * Work that only some calls need (a quota, the changes, subscriptions) is tried separately, and affects only those.
 */
import { randomUUID } from 'node:crypto';
import { failedMatch } from '../../admission/match-attempts.ts';
import { undeclared } from '../../circumstances/recorded-circumstances.ts';
import type { EvidenceEntry, EvidenceHealth, EvidenceLog } from '../../evidence/evidence.ts';
import { type Client, type Pool, transaction } from '../../store/pool.ts';
import { isStoreUnavailable } from '../../store/unavailable.ts';
import { Down } from './dependencies.ts';

export interface ProbeParts {
  readonly pool: Pool;
  readonly evidence: Pick<EvidenceLog, 'appendIn'> & EvidenceHealth;
}

/** Milliseconds for a statement; a lock that is held longer makes every call fail. */
const LIMIT = 1000;

/** The locks that an INSERT takes, and the work that needs them, in fixed words. */
const LOCKS = [
  ['evidence, field_set', 'evidence_locked'],
  ['accepted_assertion', 'tokens_locked'],
] as const;

/** A value that no other probe has, so that no probe waits for another. */
const RANDOM = 'uuid_send(gen_random_uuid())';

/**
 * Classes of calls, by their work in PostgreSQL beyond that of every call; all of it is rolled back. NOWAIT: a probe
 * that holds one lock and waits for the next could be half of a deadlock; and the check's patience tolerates a lock that is held
 * for a moment.
 */
const CLASSES: readonly (readonly [name: string, trial: string])[] = [
  [
    // The first disclosure of a set of fields, on any replica.
    'new field sets',
    `LOCK TABLE field_set IN ROW EXCLUSIVE MODE NOWAIT;
     INSERT INTO field_set (digest, disclosed, withheld) VALUES (uuid_send(gen_random_uuid()), '{}', '{}')`,
  ],
  [
    'quotas',
    `LOCK TABLE quota_use IN ROW EXCLUSIVE MODE NOWAIT;
     INSERT INTO quota_use (agreement, period, reserved, chunk) VALUES ('', gen_random_uuid(), 0, 0)`,
  ],
  [
    'matching',
    `LOCK TABLE match_failure, match_attempt IN ROW EXCLUSIVE MODE NOWAIT;
     SELECT begin_match_attempt(gen_random_uuid(), '', ${RANDOM}, '', 1);
     ${failedMatch(['gen_random_uuid()'], `'', ${RANDOM}, ''`)}`,
  ],
  [
    'DPoP proofs',
    `LOCK TABLE used_proof, used_proof_since IN ROW EXCLUSIVE MODE NOWAIT;
     SELECT use_proofs(ARRAY[${RANDOM}], ARRAY[extract(epoch FROM now())::float8])`,
  ],
  [
    'signed requests',
    `LOCK TABLE used_nonce IN ROW EXCLUSIVE MODE NOWAIT;
     INSERT INTO used_nonce (digest, expires_at) VALUES (uuid_send(gen_random_uuid()), now())`,
  ],
  ['feeds', 'LOCK TABLE stream, change IN ACCESS SHARE MODE NOWAIT'],
  ['publications', 'LOCK TABLE stream, change, subject_head IN ROW EXCLUSIVE MODE NOWAIT'],
  [
    'copies',
    `LOCK TABLE stream, relay_cursor, subject_head IN ACCESS SHARE MODE NOWAIT;
     LOCK TABLE digest, digest_part IN ROW EXCLUSIVE MODE NOWAIT;
     INSERT INTO digest (id, agreement, registry, entity, grant_digest, state, expires_at)
     VALUES (gen_random_uuid(), '', '', '', '', 'failed', now())`,
  ],
  [
    'subscriptions',
    `LOCK TABLE stream, dead_letter IN ACCESS SHARE MODE NOWAIT;
     LOCK TABLE subscription, subscription_version, webhook_cursor IN ROW EXCLUSIVE MODE NOWAIT;
     INSERT INTO subscription (id, system, agency, agreement, registry, url, granted)
     VALUES (gen_random_uuid(), '', '', '', '', '', '{}')`,
  ],
  [
    'writes',
    `LOCK TABLE write IN ROW EXCLUSIVE MODE NOWAIT;
     INSERT INTO write (id, key, request, service, lease_until, intent)
     VALUES (gen_random_uuid(), uuid_send(gen_random_uuid()), '', '', now(), '')`,
  ],
];

const TOKEN = `
  SAVEPOINT trial;
  INSERT INTO accepted_assertion (digest, expires_at) VALUES (uuid_send(gen_random_uuid()), now());
  ROLLBACK TO SAVEPOINT trial`;

const WRITE = `
  WITH gone AS (DELETE FROM write_probe WHERE at < now() - interval '1 hour' AND replica <> $1)
  INSERT INTO write_probe (replica, at) VALUES ($1, now()) ON CONFLICT (replica) DO UPDATE SET at = excluded.at`;

/** Reasons for operators by SQLSTATE, the longest prefix first. */
const REASONS: readonly (readonly [prefix: string, reason: string])[] = [
  ['25006', 'read_only'],
  ['53100', 'disk_full'],
  ['53300', 'too_many_connections'],
  ['57014', 'locked'],
  ['55P03', 'locked'],
  ['57P', 'unreachable'],
  ['08', 'unreachable'],
  ['28', 'access_refused'],
  ['42501', 'permission_denied'],
];

/** @returns the check: `up`, or it throws Down with the reason */
export function createStoreProbe({ pool, evidence }: ProbeParts): () => Promise<'up'> {
  const replica = randomUUID();
  let tried = false;

  async function probe(client: Client): Promise<void> {
    for (const [tables, reason] of LOCKS) {
      await client.query(`LOCK TABLE ${tables} IN ROW EXCLUSIVE MODE`).catch((cause: unknown) => {
        throw reasonOf(cause) === 'locked' ? new Down(reason, { cause }) : cause;
      });
    }
    await client.query(TOKEN).catch((cause: unknown) => {
      throw reasonOf(cause) === 'failing' ? new Down('tokens_refused', { cause }) : cause;
    });
    await client.query(WRITE, [replica]);
  }

  return async () => {
    try {
      await transaction(pool, probe, { statementLimit: LIMIT });
      if (!tried || evidence.failing()) await tryEvidence(pool, evidence);
      tried = true;
      return 'up';
    } catch (cause) {
      throw cause instanceof Down ? cause : new Down(reasonOf(cause), { cause });
    }
  };
}

/**
 * @returns the check of the classes of calls: `up`, or it throws Down with the names of the failing classes; another error
 *   when PostgreSQL could not be asked
 */
export function createClassProbe(pool: Pool): () => Promise<'up'> {
  return async () => {
    const stopped = new Map<string, unknown>();
    const attempt = async (client: Client): Promise<never> => {
      for (const [name, trial] of CLASSES) {
        const tried = client.query(`SAVEPOINT trial; ${trial}; ROLLBACK TO SAVEPOINT trial`);
        await tried.catch(async (error: unknown) => {
          // On a lost connection this fails too, and so does the whole check.
          await client.query('ROLLBACK TO SAVEPOINT trial');
          stopped.set(name, error);
        });
      }
      throw done;
    };
    await rolledBack(pool, attempt);
    const [cause] = stopped.values();
    if (cause !== undefined) throw new Down(reasonOf(cause), { cause, names: [...stopped.keys()] });
    return 'up';
  };
}

/** Thrown to roll back. */
const done = new Error('it was tried');

async function rolledBack(pool: Pool, attempt: (client: Client) => Promise<never>): Promise<void> {
  await transaction(pool, attempt, { statementLimit: LIMIT }).catch((error: unknown) => {
    if (error !== done) throw error;
  });
}

async function tryEvidence(pool: Pool, evidence: ProbeParts['evidence']): Promise<void> {
  const attempt = async (client: Client): Promise<never> => {
    await evidence.appendIn(client, [trial]).catch((cause: unknown) => {
      throw isStoreUnavailable(cause) ? cause : new Down('evidence_refused', { cause });
    });
    throw done;
  };
  await rolledBack(pool, attempt);
}

function reasonOf(error: unknown): string {
  const state = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = REASONS.find(([prefix]) => state.startsWith(prefix));
  if (known) return known[1];
  // An SQLSTATE has five characters; codes of Node and node-postgres have another form.
  return /^[0-9A-Z]{5}$/.test(state) && !/^E[A-Z]{4}$/.test(state) ? 'failing' : 'unreachable';
}

const trial: EvidenceEntry = {
  ...{ requestId: '', kind: 'refusal', agency: '', system: '', keyThumbprint: undefined, tokenId: undefined },
  ...{ ...undeclared, agreement: undefined, legalBasis: [] },
  ...{ service: 'health', subjects: [], fields: undefined, status: 503, code: undefined },
  ...{ request: undefined, response: undefined },
};
