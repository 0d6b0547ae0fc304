/**
 * Evidence of the catalogue: which one took the place of which, by whose request, and what that ended. Committed before
 * the new one serves a call, on each replica; what cannot be recorded is not swapped.
 *
 * A COMMIT whose answer is lost may have been done or not. PostgreSQL is asked, at once: a record that is there is as good as one
 * that was acknowledged. While it cannot be asked the swap is called off; should its record turn out to be there, a further one
 * (cause `called_off`) says that it did not happen, before anything else is recorded.
 *
 * A catalogue may also change while no gateway runs: a start that finds another one than was recorded last records it.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Asker, Swap } from '../catalog/live/live.ts';
import { decidedBy, undeclared } from '../circumstances/recorded-circumstances.ts';
import type { Pool } from '../store/pool.ts';
import type { Log } from '../telemetry/log.ts';
import { recorded } from './append/append-in.ts';
import type { EvidenceEntry, EvidenceLog } from './evidence.ts';
import { insertSwap, type SwapRow, wasCommitted } from './swap-rows.ts';

/** How often PostgreSQL is asked for a record that may be there, in milliseconds. */
const ASK_EVERY = 1000;

export interface CatalogueSwaps {
  /** @returns the id of the row, and of its evidence @throws Problem `evidence_unavailable`; PostgreSQL's absence */
  record(swap: Swap): Promise<string>;
  /** May be tried again. @param digest of the catalogue that the gateway starts with. @throws as `record` */
  recordStart(digest: string): Promise<void>;
  /** Asks no longer for a record that may be there. */
  close(): Promise<void>;
}

interface Document extends Omit<Swap, 'before' | 'joined' | 'ends'> {
  readonly before: string | null;
  /** Left out where nobody did. */
  readonly joined?: readonly Asker[] | undefined;
  readonly ends?: Swap['ends'];
}

/** A row and its entries of evidence, of which the first has the row's id. */
interface SwapRecord {
  readonly document: Document;
  readonly row: SwapRow;
  readonly entries: readonly EvidenceEntry[];
}

/** A record that may be there, of a swap that did not happen; and the record that says so, once it was needed. */
interface Doubt {
  readonly record: SwapRecord;
  denial?: SwapRecord;
}

export function openCatalogueSwaps(
  pool: Pool,
  evidence: Pick<EvidenceLog, 'appendIn'>,
  log: Log,
): CatalogueSwaps {
  let doubt: Doubt | undefined;
  let resolving: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const write = ({ row, entries }: SwapRecord, inserted = () => {}) =>
    recorded(pool, evidence, entries, async (client) => {
      await insertSwap(client, row);
      inserted();
    });

  /** Resolves, with its id, when it is known that the record is committed. */
  async function store(document: Document): Promise<string> {
    const record = recordOf(document);
    let mayBeThere = false;
    try {
      await write(record, () => {
        mayBeThere = true;
      });
      return record.row.id;
    } catch (error) {
      // COMMIT is only asked for what was inserted.
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

  /** Resolves when nothing is on record that did not happen. */
  function resolveDoubt(): Promise<void> {
    resolving ??= removeDoubt().finally(() => {
      resolving = undefined;
    });
    return resolving;
  }

  async function removeDoubt(): Promise<void> {
    if (!doubt) return;
    const { document, row } = doubt.record;
    // A start is tried again with the same catalogue, or leaves nothing running.
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

/** Each asker has an entry, all of the same text. */
function recordOf(document: Document): SwapRecord {
  const row = { id: randomUUIDv7(), digest: document.after, document: JSON.stringify(document) };
  const askers = [document, ...(document.joined ?? [])];
  const entries = askers.map((asker, index) => entryOf(index === 0 ? row.id : randomUUIDv7(), asker, row));
  return { document, row, entries };
}

/** Of no agency: it concerns all. */
function entryOf(id: string, { cause, operator }: Asker, row: SwapRow): EvidenceEntry {
  return {
    ...{ id, requestId: row.id, kind: 'catalogue', agency: '', system: '', service: 'catalogue' },
    ...{ keyThumbprint: undefined, tokenId: undefined, agreement: undefined },
    ...{ ...undeclared, ...decidedBy(operator), legalBasis: [], subjects: [], fields: undefined },
    ...{ status: 200, code: undefined, reason: cause, request: undefined, response: row.document },
  };
}
