/**
 * Evidence of catalogue swaps: both catalogues, the asker, and the grants that the swap ends. Each replica commits it before
 * the new catalogue serves a call; a swap that cannot be recorded does not happen.
 *
 * When the answer to COMMIT is lost, the record may be committed or not, so the replica asks PostgreSQL for it. A record that
 * exists counts as acknowledged. If PostgreSQL cannot answer, the swap is cancelled; if its record is found later, a further record
 * (cause `called_off`) states that the swap did not happen, before anything else is recorded.
 *
 * A catalogue may also change while no gateway runs: a start with another catalogue than the last recorded one records it.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { ReloadOrigin, Swap } from '../catalog/live/live.ts';
import { decidedBy, undeclared } from '../circumstances/recorded-circumstances.ts';
import type { Pool } from '../store/pool.ts';
import type { Log } from '../telemetry/log.ts';
import { recorded } from './append/append-in.ts';
import type { EvidenceEntry, EvidenceLog } from './evidence.ts';
import { insertSwap, type SwapRow, wasCommitted } from './swap-rows.ts';

/** Milliseconds between two questions for a record that may be there. */
const ASK_EVERY = 1000;

export interface CatalogueSwaps {
  /** @returns the id of the row and its evidence @throws Problem `evidence_unavailable`; the store's error when it is away */
  record(swap: Swap): Promise<string>;
  /** May be repeated. @param digest of the catalogue that the gateway starts with. @throws as `record` */
  recordStart(digest: string): Promise<void>;
  /** Stops asking for a record that may be there. */
  close(): Promise<void>;
}

interface Document extends Omit<Swap, 'before' | 'joined' | 'ends'> {
  readonly before: string | null;
  /** Left out where there is none. */
  readonly joined?: readonly ReloadOrigin[] | undefined;
  readonly ends?: Swap['ends'];
}

/** A row and its entries of evidence; the first has the row's id. */
interface SwapRecord {
  readonly document: Document;
  readonly row: SwapRow;
  readonly entries: readonly EvidenceEntry[];
}

/** The record of a swap that did not happen, which may be committed; and the record that denies it, if one was needed. */
interface Doubt {
  readonly record: SwapRecord;
  denial?: SwapRecord;
}

interface CatalogueSwapsOptions {
  readonly pool: Pool;
  readonly evidence: Pick<EvidenceLog, 'appendIn'>;
  readonly log: Log;
}

export function openCatalogueSwaps({ pool, evidence, log }: CatalogueSwapsOptions): CatalogueSwaps {
  let doubt: Doubt | undefined;
  let resolving: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const write = ({ row, entries }: SwapRecord, inserted = () => {}) =>
    recorded(pool, evidence, entries, async (client) => {
      await insertSwap(client, row);
      inserted();
    });

  /** Resolves with the record's id when the record is known to be committed. */
  async function store(document: Document): Promise<string> {
    const record = recordOf(document);
    let mayBeThere = false;
    try {
      await write(record, () => {
        mayBeThere = true;
      });
      return record.row.id;
    } catch (error) {
      // Without an insert there was no COMMIT.
      if (!mayBeThere) throw error;
      const isThere = await wasCommitted(pool, record.row).catch(() => undefined);
      if (isThere) return record.row.id;
      if (isThere === undefined) {
        doubt = { record };
        resolveLater();
      }
      throw error;
    }
  }

  function resolveLater(): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void resolveDoubt().catch(resolveLater), ASK_EVERY).unref();
  }

  /** Resolves when no committed record states a swap that did not happen. */
  function resolveDoubt(): Promise<void> {
    resolving ??= removeDoubt().finally(() => {
      resolving = undefined;
    });
    return resolving;
  }

  async function removeDoubt(): Promise<void> {
    if (!doubt) return;
    const { document, row } = doubt.record;
    // A failed start needs no denial: it is repeated with the same catalogue, or no gateway runs.
    if (document.cause !== 'start' && (await wasCommitted(pool, row))) {
      doubt.denial ??= recordOf(denialOf(document));
      if (!(await wasCommitted(pool, doubt.denial.row))) await write(doubt.denial);
      log.warn(
        { catalogue: document.after.slice(0, 12) },
        'a swap of the catalogue was recorded and did not happen: that is recorded too',
      );
    }
    doubt = undefined;
  }

  return {
    async record({ joined, ...swap }) {
      await resolveDoubt();
      return store({ ...swap, joined: joined.length > 0 ? joined : undefined });
    },
    async recordStart(after) {
      await resolveDoubt();
      const { rows } = await pool.query<{ digest: string }>(
        'SELECT digest FROM catalogue_swap ORDER BY at DESC, id DESC LIMIT 1',
      );
      const before = rows[0]?.digest ?? null;
      if (before !== after) await store({ before, after, cause: 'start', operator: undefined });
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await resolveDoubt().catch((error: unknown) =>
        log.error({ err: error }, 'a swap of the catalogue may be on record that did not happen'),
      );
    },
  };
}

function denialOf({ before, after }: Document): Document {
  return { before: after, after: before ?? '', cause: 'called_off', operator: undefined, ends: [] };
}

/** One entry of evidence for each asker, all of the same text. */
function recordOf(document: Document): SwapRecord {
  const row = { id: randomUUIDv7(), digest: document.after, document: JSON.stringify(document) };
  const askers = [document, ...(document.joined ?? [])];
  const entries = askers.map((asker, index) => entryOf(index === 0 ? row.id : randomUUIDv7(), asker, row));
  return { document, row, entries };
}

/** An entry without an agency: it concerns all. */
function entryOf(id: string, { cause, operator }: ReloadOrigin, row: SwapRow): EvidenceEntry {
  return {
    ...{ id, requestId: row.id, kind: 'catalogue', agency: '', system: '', service: 'catalogue' },
    ...{ keyThumbprint: undefined, tokenId: undefined, agreement: undefined },
    ...{ ...undeclared, ...decidedBy(operator), legalBasis: [], subjects: [], fields: undefined },
    ...{ status: 200, code: undefined, reason: cause, request: undefined, response: row.document },
  };
}
