/**
 * Can PostgreSQL do what every call needs? Not "does it answer": a server that is read-only (a demoted primary, a full
 * disk) or whose evidence is locked answers, and no call is served.
 *
 * In one short transaction: the locks that recording a call takes, then a row that is written and committed. Evidence itself
 * is not written, except at the beginning and while it fails: then an entry is tried and rolled back, so that the end of
 * the failure is noticed though no call comes.
 */
import { randomUUID } from 'node:crypto';
import type { EvidenceEntry, EvidenceHealth, EvidenceLog } from '../evidence/evidence.ts';
import { type Client, isStoreUnavailable, type Pool, transaction } from '../store/pool.ts';
import { Down } from './dependencies.ts';

export interface ProbeParts {
  readonly pool: Pool;
  readonly evidence: Pick<EvidenceLog, 'appendIn'> & EvidenceHealth;
}

/** Milliseconds for a statement; a lock that is held for longer makes every call fail. */
const LIMIT = 1000;

/** The locks that an INSERT takes, and who cannot go on without; in fixed words. */
const LOCKS = [
  ['evidence, field_set', 'evidence_locked'],
  ['accepted_assertion, used_proof', 'tokens_locked'],
] as const;

const WRITE = `
  WITH gone AS (DELETE FROM write_probe WHERE at < now() - interval '1 hour' AND replica <> $1)
  INSERT INTO write_probe (replica, at) VALUES ($1, now()) ON CONFLICT (replica) DO UPDATE SET at = excluded.at`;

/** By SQLSTATE, the longest prefix first: what an operator looks for. */
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

/** Thrown to roll back. */
const done = new Error('the entry was tried');

async function tryEvidence(pool: Pool, evidence: ProbeParts['evidence']): Promise<void> {
  const attempt = async (client: Client): Promise<never> => {
    await evidence.appendIn(client, [trial]).catch((cause: unknown) => {
      throw isStoreUnavailable(cause) ? cause : new Down('evidence_refused', { cause });
    });
    throw done;
  };
  await transaction(pool, attempt, { statementLimit: LIMIT }).catch((error: unknown) => {
    if (error !== done) throw error;
  });
}

function reasonOf(error: unknown): string {
  const state = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = REASONS.find(([prefix]) => state.startsWith(prefix));
  if (known) return known[1];
  // An SQLSTATE has five characters; what Node or node-postgres says has another form, or none.
  return /^[0-9A-Z]{5}$/.test(state) && !/^E[A-Z]{4}$/.test(state) ? 'failing' : 'unreachable';
}

const trial: EvidenceEntry = {
  ...{ requestId: '', kind: 'refusal', agency: '', system: '', keyThumbprint: undefined, tokenId: undefined },
  ...{ agreement: undefined, purpose: undefined, legalBasis: [], caseId: undefined, officerId: undefined },
  ...{ service: 'health', subjects: [], fields: undefined, status: 503, code: undefined },
  ...{ request: undefined, response: undefined },
};
