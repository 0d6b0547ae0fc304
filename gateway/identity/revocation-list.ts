/**
 * One replica's copy of the revocations: read whole once, page by page, and from then on only new rows.
 *
 * Each row has a `revision`, the version of the whole list with which it was written or lifted. Revisions are committed in
 * their order, so a replica that has read up to 7 asks for rows above 7: the cost does not grow with the list. It reads the
 * whole list again when a revocation in force was deleted, and when the database's version is lower than its own, because the
 * database was restored from a backup.
 */
import type { Question } from '../store/time-limits.ts';

export const revocableKinds = ['agency', 'system', 'key', 'token', 'agreement'] as const;
export type RevocableKind = (typeof revocableKinds)[number];

export interface Revoked {
  readonly kind: RevocableKind;
  /** Agency code, system id, thumbprint of a key or certificate, `jti`, agreement number. */
  readonly value: string;
}

/** Asks PostgreSQL, on a connection of the caller's choice. */
export type Ask = (question: Question) => Promise<{ readonly rows: readonly Row[] }>;

interface Row {
  /** Version of the whole list: the same in each row. */
  readonly version: number;
  readonly removed: number;
  /** `null`: there is nothing new. */
  readonly revision: number | null;
  readonly kind: RevocableKind;
  readonly value: string;
  readonly in_force: boolean;
  /** Seconds; of tokens. */
  readonly expires_in: number | null;
}

/** The rows of one question. */
interface Page {
  readonly rows: readonly Row[];
  readonly version: number;
  readonly removed: number;
  /** This page and the pages before it hold everything up to this revision. */
  readonly end: number;
  readonly isLast: boolean;
}

export interface RevocationList {
  /** The last time at which the list was complete, by the clock. */
  readonly readAt: number;
  readonly agreements: ReadonlySet<string>;
  has(kind: RevocableKind, value: string): boolean;
  /** Reads new rows: knows everything afterwards that was committed before the call. @throws Error when the store is away */
  readNew(ask: Ask): Promise<void>;
  /** Reads the whole list. @throws as above */
  readAll(ask: Ask): Promise<void>;
}

/** Rows of one page: it takes some milliseconds, far less than `QUERY_TIMEOUT`. */
const PAGE = 5000;
/** Milliseconds before the connection is given up. */
const QUERY_TIMEOUT = 1000;
/** Milliseconds between two sweeps of expired tokens. */
const SWEEP_EVERY = 60_000;

// A lifted row matters only to a replica that has it in force.
const READ = `
  SELECT version, removed, new.* FROM revocation_version LEFT JOIN LATERAL (
    SELECT revision, kind, value, lifted_at IS NULL AS in_force,
           extract(epoch FROM expires_at - now())::float8 AS expires_in
      FROM revocation WHERE revision > $1 AND (expires_at IS NULL OR expires_at > now())
     ORDER BY revision LIMIT ${PAGE}) AS new ON true
   ORDER BY revision`;

/** The revocations in force: tokens with the time after which they may be forgotten, the few others without. */
class Known {
  readonly tokens = new Map<string, number>();
  readonly others: Record<Exclude<RevocableKind, 'token'>, ReadonlySet<string>> = {
    ...{ agency: new Set(), system: new Set(), key: new Set(), agreement: new Set() },
  };

  has(kind: RevocableKind, value: string): boolean {
    return kind === 'token' ? this.tokens.has(value) : this.others[kind].has(value);
  }

  /** @param at the time of the question. @returns revocations that were not in force before */
  apply(rows: readonly Row[], at: number): Revoked[] {
    // Copies: a call under way keeps the set that it began with.
    const copies: Partial<Record<RevocableKind, Set<string>>> = {};
    const added: Revoked[] = [];
    for (const { kind, value, in_force, expires_in } of rows) {
      if (in_force && !this.has(kind, value)) added.push({ kind, value });
      if (kind === 'token') {
        if (in_force) this.tokens.set(value, at + ((expires_in ?? 0) + 1) * 1000);
        else this.tokens.delete(value);
      } else {
        copies[kind] ??= new Set(this.others[kind]);
        if (in_force) copies[kind].add(value);
        else copies[kind].delete(value);
      }
    }
    Object.assign(this.others, copies);
    return added.filter(({ kind, value }) => this.has(kind, value));
  }

  *[Symbol.iterator](): Generator<Revoked> {
    for (const value of this.tokens.keys()) yield { kind: 'token', value };
    for (const kind of revocableKinds) {
      if (kind === 'token') continue;
      for (const value of this.others[kind]) yield { kind, value };
    }
  }

  sweep(now: number): void {
    for (const [value, until] of this.tokens) if (until <= now) this.tokens.delete(value);
  }
}

export interface RevocationListOptions {
  /** Milliseconds of a clock that never jumps. */
  readonly clock: () => number;
  /** Called with each new revocation. MUST NOT throw. */
  readonly announce: (revoked: Revoked) => void;
}

export function createRevocationList({ clock, announce }: RevocationListOptions): RevocationList {
  let known = new Known();
  /** Everything up to this revision is in `known`. */
  let version = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let sweptAt = clock();

  const completeAt = (at: number) => {
    readAt = Math.max(readAt, at);
    if (at - sweptAt < SWEEP_EVERY) return;
    sweptAt = at;
    known.sweep(at);
  };

  const readNew = async (ask: Ask): Promise<void> => {
    for (;;) {
      const at = clock();
      const from = version;
      const page = await readPage(ask, from);
      const wasRestored = page.version < from;
      const wasRemoved = page.removed > from && page.removed <= page.version;
      if (wasRestored || wasRemoved) return readAll(ask);
      // Two answers may cross: the older one is dropped, because it would undo the newer one.
      if (page.end >= version) {
        version = page.end;
        known.apply(page.rows, at).forEach(announce);
      }
      if (page.isLast) return completeAt(at);
    }
  };

  const readAll = async (ask: Ask): Promise<void> => {
    let began = clock();
    let next = new Known();
    let from = 0;
    let removed: number | undefined;
    for (;;) {
      const before = version;
      const at = clock();
      const page = await readPage(ask, from);
      removed ??= page.removed;
      if (page.removed !== removed || page.version < from) {
        // The pages before this one may be outdated: begins again.
        began = clock();
        next = new Known();
        from = 0;
        removed = undefined;
        continue;
      }
      next.apply(page.rows, at);
      from = page.end;
      // A lower version than that of an answer that came meanwhile is outdated: reads on. If none came, the database has
      // another history, and its version is right.
      if (page.isLast && (from >= version || version === before)) break;
    }
    const last = known;
    known = next;
    version = from;
    completeAt(began);
    for (const revoked of next) if (!last.has(revoked.kind, revoked.value)) announce(revoked);
  };

  return {
    get readAt() {
      return readAt;
    },
    get agreements() {
      return known.others.agreement;
    },
    has: (kind, value) => known.has(kind, value),
    readNew,
    readAll,
  };
}

async function readPage(ask: Ask, from: number): Promise<Page> {
  const { rows } = await ask({ name: 'revocations', text: READ, values: [from], limit: QUERY_TIMEOUT });
  const { version = 0, removed = 0 } = rows[0] ?? {};
  const found = rows.filter(({ revision }) => revision !== null);
  const isLast = found.length < PAGE;
  return { rows: found, version, removed, isLast, end: isLast ? version : found.at(-1)!.revision! };
}
