/**
 * Step 2 of the event flow: the outbox of one registry, as its readers see it.
 *
 * Positions have no gaps and follow the order of commits, so readers can share pages: the relay's subscription loops and the
 * feed's callers near the head read the same few pages, and a change is parsed once or twice for all of them. A claim that is
 * corrected meanwhile (`intake/append.ts`) may still be rendered from a shared page; the correction follows it.
 */
import type { Pool } from '../../store/pool.ts';
import type { Dimensions, Operation, StoredChange } from '../change.ts';

const PAGE_CHANGES = 500;
const PAGE_BYTES = 2 * 1024 * 1024;
const PAGES_KEPT = 4;

export interface Page {
  /** Positions after the requested one that were pruned. */
  readonly missed: number;
  /** In order of position, without gaps. Empty: the reader is at the end. */
  readonly changes: readonly StoredChange[];
  /** Position up to which the reader has now read. */
  readonly last: number;
}

export interface Outbox {
  readonly registry: string;
  /** Highest position that this process knows of. */
  readonly last: number;
  /** The changes after a position: a page, or less. */
  read(after: number): Promise<Page>;
  /** Resolves when there is a change after `position`, or when `signal` aborts. */
  beyond(position: number, signal: AbortSignal): Promise<void>;
  /** Notifies the readers that the stream has reached `last`. */
  reached(last: number): void;
}

interface Row {
  position: number;
  entity: string;
  subject: string;
  version: number;
  operation: Operation;
  occurred_at: string;
  changed_fields: string;
  data: string | null;
  superseded: boolean;
  dimensions_before: string | null;
  dimensions_after: string | null;
  recorded_at: number;
}

const READ = {
  name: 'outbox-read',
  text: `SELECT position, entity, subject, version, operation, occurred_at, changed_fields::text, data::text,
                superseded, dimensions_before::text, dimensions_after::text,
                (extract(epoch FROM recorded_at) * 1000)::float8 AS recorded_at
         FROM (SELECT *, sum(size) OVER (ORDER BY position) - size AS bytes_before
               FROM change WHERE registry = $1 AND position > $2 ORDER BY position LIMIT $3) page
         WHERE bytes_before < $4`,
};

export function openOutbox(pool: Pool, registry: string): Outbox {
  let last = 0;
  let pages: Page[] = [];
  const reading = new Map<number, Promise<Page>>();
  const waiting = new Set<{ position: number; notify: () => void }>();

  function reached(position: number): void {
    if (position <= last) return;
    last = position;
    for (const waiter of waiting) if (waiter.position < last) waiter.notify();
  }

  async function load(after: number): Promise<Page> {
    const { rows } = await pool.query<Row>({ ...READ, values: [registry, after, PAGE_CHANGES, PAGE_BYTES] });
    const changes = rows.map((row) => new OutboxChange(registry, row));
    const [first] = changes;
    const end = changes.at(-1);
    if (!first || !end) return { missed: await missedAfter(after), changes, last: after };
    const page = { missed: first.position - after - 1, changes, last: end.position };
    pages = [page, ...pages.slice(0, PAGES_KEPT - 1)];
    reached(page.last);
    return page;
  }

  /** The outbox has no change after a position. @returns how many were pruned there */
  async function missedAfter(after: number): Promise<number> {
    const { rows } = await pool.query<{ pruned: number }>('SELECT pruned FROM stream WHERE registry = $1', [
      registry,
    ]);
    return Math.max(0, (rows[0]?.pruned ?? 0) - after);
  }

  return {
    registry,
    get last() {
      return last;
    },
    reached,
    async read(after) {
      const known = pages.find((page) => page.changes[0]!.position <= after + 1 && after < page.last);
      if (known) {
        const from = after + 1 - known.changes[0]!.position;
        return from === 0 ? known : { missed: 0, changes: known.changes.slice(from), last: known.last };
      }
      let page = reading.get(after);
      if (!page) {
        page = load(after).finally(() => reading.delete(after));
        reading.set(after, page);
      }
      return page;
    },
    beyond(position, signal) {
      if (last > position || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const notify = () => {
          waiting.delete(waiter);
          signal.removeEventListener('abort', notify);
          resolve();
        };
        const waiter = { position, notify };
        waiting.add(waiter);
        signal.addEventListener('abort', notify);
      });
    },
  };
}

/** The state that was parsed last: rendering reads a change several times in a row. */
let latest: { readonly change: OutboxChange; readonly data: unknown } | undefined;

/**
 * A row whose JSON is parsed at the first read, and kept parsed from the second on. With a single subscriber no state is read
 * again, and keeping all of them would cost garbage collection more than it saves.
 */
class OutboxChange implements StoredChange {
  readonly registry: string;
  readonly position: number;
  readonly entity: string;
  readonly subject: string;
  readonly version: number;
  readonly operation: Operation;
  readonly occurredAt: string;
  readonly superseded: boolean;
  readonly before: Dimensions | undefined;
  readonly after: Dimensions | undefined;
  readonly recordedAt: number;
  #fieldsJson: string;
  #dataJson: string | null;
  #wasRead = false;
  #fields: readonly string[] | undefined;
  #data: unknown;

  constructor(registry: string, row: Row) {
    this.registry = registry;
    this.position = row.position;
    this.entity = row.entity;
    this.subject = row.subject;
    this.version = row.version;
    this.operation = row.operation;
    this.occurredAt = row.occurred_at;
    this.superseded = row.superseded;
    this.before = dimensions(row.dimensions_before);
    this.after = dimensions(row.dimensions_after);
    this.recordedAt = row.recorded_at;
    this.#fieldsJson = row.changed_fields;
    this.#dataJson = row.data;
  }

  get changedFields(): readonly string[] {
    this.#fields ??= JSON.parse(this.#fieldsJson) as string[];
    return this.#fields;
  }

  get data(): unknown {
    if (this.#dataJson === null) return this.#data;
    if (latest?.change === this) return latest.data;
    const data: unknown = JSON.parse(this.#dataJson);
    if (this.#wasRead) {
      this.#data = data;
      this.#dataJson = null;
    } else {
      this.#wasRead = true;
      latest = { change: this, data };
    }
    return data;
  }
}

const DIMENSIONS_KEPT = 10_000;
const parsed = new Map<string, Dimensions>();

/** Interned: provinces are few, changes many. */
function dimensions(json: string | null): Dimensions | undefined {
  if (json === null) return undefined;
  let value = parsed.get(json);
  if (!value) {
    if (parsed.size >= DIMENSIONS_KEPT) parsed.clear();
    value = Object.freeze(JSON.parse(json) as Dimensions);
    parsed.set(json, value);
  }
  return value;
}
