/**
 * A snapshot, piece by piece: the records of an entity, minimised to an agreement, as NDJSON lines.
 *
 *     { "start": { … } }                          the position after which changes continue, captured before listing
 *     { "subject", "version", "state" }           a row; any number of them
 *     { "next": "…" }                             the token that continues after the rows so far
 *     …
 *     { "end": { "rows", "unreadable" } }         the snapshot is complete; without this line it is not
 *
 * A row has the state of the moment when its page was listed. So rows are of different moments, none before the captured
 * position. A reader that applies the later changes, higher versions only, has one consistent state.
 *
 * Under a scope a piece ends after a fixed number of rows inside, however many records were listed. So neither the ends of
 * pieces nor the counts of `end` reveal anything about records outside. A piece ends earlier only after a time limit, so that
 * a reader with few rows does not have to start again after a cut.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Scan, ScanPage } from '../../adapters/adapter.ts';
import type { FieldSet, StreamGrant } from '../catalog/catalog.ts';
import { Problem } from '../problems/problem.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { noteListed } from './known-subjects.ts';
import { capturePosition, kafkaPosition } from './position.ts';
import { type CopyRow, copyRow } from './row.ts';
import { openToken, type SnapshotContext, type SnapshotToken, sealToken } from './snapshot-token.ts';

/** Records of one page, and so of one entry of evidence. */
const PAGE = 200;
/** Milliseconds after which a piece under a scope ends with the rows found so far. */
const PIECE_WITHIN = 5000;

/** Lists the next records, in the context of the call. @throws Problem */
export type List = (question: Parameters<Scan>[0]) => ReturnType<Scan>;

export interface SnapshotQuestion {
  readonly grant: StreamGrant;
  /** A `next` of the snapshot to continue; `undefined` begins one. */
  readonly after: string | undefined;
  /** Prefixes of subjects; empty: all. */
  readonly ranges: readonly string[];
  readonly list: List;
  readonly system: string;
  /** The feed's cursor at a position. */
  readonly cursorAt: (position: number) => string;
}

export interface SnapshotPiece {
  /** Whole lines. */
  readonly text: string;
  readonly rows: number;
  readonly disclosures: readonly { readonly fields: FieldSet; readonly subjects: readonly string[] }[];
}

export interface Snapshot {
  /** The first line. */
  readonly start: string;
  /** The next piece, minimised to the current `grant`; `undefined` after the last. @throws Problem */
  next(grant: StreamGrant): Promise<SnapshotPiece | undefined>;
}

export interface SnapshotOptions {
  readonly pool: Pool;
  readonly secrets: Secrets;
  readonly withKafka: boolean;
  readonly onUnreadable: (grant: StreamGrant, count: number) => void;
}

/** @throws Problem `cursor_invalid`; `cursor_expired` when changes after the captured position are no longer kept */
export async function openSnapshot(question: SnapshotQuestion, options: SnapshotOptions): Promise<Snapshot> {
  const { ranges, list } = question;
  const { pool, secrets } = options;
  const context = contextOf(question, secrets);
  let token = await begin(question, context, options);
  let done = false;
  let pendingPage: Promise<ScanPage> | undefined;

  /** The next page; `undefined`: it did not come in time, and the next call waits for the same page. */
  async function nextPage(grant: StreamGrant, rows: number, until: number): Promise<ScanPage | undefined> {
    if (!grant.scope) return list({ after: token.after || undefined, limit: PAGE });
    pendingPage ??= list({ after: token.after || undefined, limit: PAGE, rows, within: grant.scope.within });
    const patience = new AbortController();
    const late = wait(Math.max(0, until - performance.now()), undefined, { signal: patience.signal });
    try {
      const page = await Promise.race([pendingPage, late]);
      if (page) pendingPage = undefined;
      return page ?? undefined;
    } catch (error) {
      pendingPage = undefined;
      throw error;
    } finally {
      patience.abort();
      late.catch(() => {});
      pendingPage?.catch(() => {});
    }
  }

  /** Lists until the piece is full, the listing is over, or the time limit has passed. */
  async function listPiece(grant: StreamGrant): Promise<CopyRow[]> {
    const rows: CopyRow[] = [];
    const until = performance.now() + PIECE_WITHIN;
    let [inside, over] = [0, token.over ?? false];
    while (!over && inside < PAGE) {
      const page = await nextPage(grant, PAGE - inside, until);
      if (!page) break;
      const read = page.rows.map((row) => copyRow(row, grant, secrets));
      const found = read.filter((row) => typeof row !== 'string');
      const broken = page.unreadable + read.filter((row) => row === 'broken').length;
      const hidden = (page.hidden ?? 0) + read.filter((row) => row === 'hidden').length;
      if (broken + hidden > 0) options.onUnreadable(grant, broken + hidden);
      const known = await noteListed(pool, grant, found);
      rows.push(...known.filter(({ rendered }) => rendered && isWithin(rendered.subject, ranges)));
      inside += found.filter(({ rendered }) => rendered).length;
      over = page.next === undefined;
      token = {
        ...token,
        after: page.next ?? '',
        unreadable: token.unreadable + broken,
        ...(over && { over }),
      };
      if (!grant.scope) break;
    }
    // Under a scope a full piece is never the last: it must not show whether records outside come after it.
    done = over && !(grant.scope && inside >= PAGE);
    return rows;
  }

  return {
    start: line({ start: startOf(question, token) }),
    async next(grant) {
      if (done) return undefined;
      const rows = await listPiece(grant);
      token = { ...token, rows: token.rows + rows.length };
      const { rows: count, unreadable } = token;
      const last = done ? { end: { rows: count, unreadable } } : { next: sealToken(token, context) };
      return {
        text: rows.map(rowLine).join('') + line(last),
        rows: rows.length,
        disclosures: rows.length === 0 ? [] : [{ fields: grant.fields, subjects: personsOf(rows) }],
      };
    },
  };
}

/** The state of a new snapshot, or of the one that `after` continues. */
async function begin(
  { grant, after }: SnapshotQuestion,
  context: SnapshotContext,
  { pool, withKafka }: SnapshotOptions,
): Promise<SnapshotToken> {
  if (after === undefined) {
    const startedAt = new Date().toISOString();
    const position = await capturePosition(pool, grant, withKafka);
    return { after: '', position, startedAt, rows: 0, unreadable: 0 };
  }
  const token = openToken(after, context);
  const { rows } = await pool.query<{ pruned: number }>('SELECT pruned FROM stream WHERE registry = $1', [
    context.registry,
  ]);
  if (token.position.position < (rows[0]?.pruned ?? 0)) {
    throw new Problem('cursor_expired', { agreement: context.agreement });
  }
  return token;
}

function startOf(
  { grant, ranges, cursorAt }: SnapshotQuestion,
  { position, startedAt, rows }: SnapshotToken,
) {
  const { registry, name } = grant.entity;
  return {
    registry,
    entity: name,
    agreement: grant.agreement.number,
    startedAt,
    rows,
    ...(ranges.length > 0 && { ranges }),
    feed: { after: cursorAt(position.position) },
    ...kafkaPosition(position),
  };
}

function contextOf({ grant, system, ranges }: SnapshotQuestion, secrets: Secrets): SnapshotContext {
  const { registry, name } = grant.entity;
  const key = secrets.derive('snapshot');
  return {
    key,
    system,
    agreement: grant.agreement.number,
    registry,
    entity: name,
    digest: grant.digest,
    ranges,
  };
}

function isWithin(subject: string, ranges: readonly string[]): boolean {
  return ranges.length === 0 || ranges.some((range) => subject.startsWith(range));
}

function rowLine({ rendered, version }: CopyRow): string {
  return line({ subject: rendered!.subject, version, state: rendered!.state });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function personsOf(rows: readonly CopyRow[]): string[] {
  return [...new Set(rows.flatMap(({ persons }) => persons))];
}
