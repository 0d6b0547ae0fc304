/**
 * Evidence of the catalogue: which one took the place of which, by whose request, and what that ended. Committed before
 * the new one serves a call, on each replica; what cannot be recorded is not swapped.
 *
 * A catalogue may also change while no gateway runs: a start that finds another one than was recorded last records it.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Swap } from '../catalog/live.ts';
import type { Pool } from '../store/pool.ts';
import { recorded } from './append-in.ts';
import type { EvidenceEntry, EvidenceLog } from './evidence.ts';

export interface CatalogueSwaps {
  /** @throws Problem `evidence_unavailable`; PostgreSQL's absence */
  record(swap: Swap): Promise<void>;
  /** @param digest of the catalogue that the gateway starts with. @throws as `record` */
  recordStart(digest: string): Promise<void>;
}

export function openCatalogueSwaps(pool: Pool, evidence: Pick<EvidenceLog, 'appendIn'>): CatalogueSwaps {
  async function store(document: Omit<Swap, 'before' | 'ends'> & { before: string | null; ends?: unknown }) {
    const id = randomUUIDv7();
    const text = JSON.stringify(document);
    await recorded(pool, evidence, [entryOf(id, document, text)], (client) =>
      client.query('INSERT INTO catalogue_swap (id, digest, document) VALUES ($1, $2, $3)', [
        ...[id, document.after, text],
      ]),
    );
  }
  return {
    record: store,
    async recordStart(after) {
      const { rows } = await pool.query<{ digest: string }>(
        'SELECT digest FROM catalogue_swap ORDER BY at DESC, id DESC LIMIT 1',
      );
      const before = rows[0]?.digest ?? null;
      if (before !== after) await store({ before, after, cause: 'start', operator: undefined });
    },
  };
}

/** Of no agency: it concerns all. */
function entryOf(
  id: string,
  { cause, operator }: Pick<Swap, 'cause' | 'operator'>,
  text: string,
): EvidenceEntry {
  return {
    ...{ id, requestId: id, kind: 'catalogue', agency: '', system: '', service: 'catalogue' },
    ...{ keyThumbprint: undefined, tokenId: undefined, agreement: undefined, purpose: undefined },
    ...{ legalBasis: [], caseId: undefined, officerId: operator, subjects: [], fields: undefined },
    ...{ status: 200, code: undefined, reason: cause, request: undefined, response: text },
  };
}
