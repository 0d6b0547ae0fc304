/**
 * Computes the digest of an agreement's copy as it should be: lists the registry, and applies the changes that came meanwhile
 * up to a position, which the digest states. A reader that has applied all changes up to there has the same rows.
 */
import { setImmediate } from 'node:timers/promises';
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Outbox } from '../changes/outbox/outbox.ts';
import { render } from '../changes/render/render.ts';
import { Problem } from '../problems/problem.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { type HashedRow, hashBranch, hashRange, hashRow, inOrder, LARGEST_GROUP } from './merkle.ts';
import { type CopyPosition, capturePosition, type TopicPosition } from './position.ts';
import { copyRow } from './row.ts';
import type { List } from './snapshot.ts';

/** Records of one page: other work runs between two pages. */
const PAGE = 200;
/** Rows of one digest: the computation holds them in memory, some 200 bytes each. */
const MOST_ROWS = 1_000_000;
/** Changes that a topic may be behind; beyond that its sequence is not computed. */
const FARTHEST_BEHIND = 50_000;

export interface ComputedDigest extends CopyPosition {
  /** The rows by the first character of their subjects, all in order. */
  readonly parts: readonly DigestPart[];
  readonly rows: number;
  readonly unreadable: number;
  /** The hash of all rows. */
  readonly hash: Buffer;
}

export interface DigestPart {
  readonly prefix: string;
  readonly rows: readonly HashedRow[];
  readonly hash: Buffer;
}

export interface ComputeOptions {
  readonly grant: StreamGrant;
  readonly list: List;
  readonly pool: Pool;
  readonly secrets: Pick<Secrets, 'pseudonym'>;
  readonly outbox: Outbox;
  readonly withKafka: boolean;
  readonly signal: AbortSignal;
}

/**
 * @throws Problem of the `upstream_` family; `snapshot_not_offered` for a copy of more than a million rows;
 *   `cursor_expired` when changes were removed while the registry was listed; the reason of `signal` when it aborts
 */
export async function computeDigest(options: ComputeOptions): Promise<ComputedDigest> {
  const { grant, pool, withKafka } = options;
  const captured = await capturePosition(pool, grant, withKafka);
  const rows = new Map<string, HashedRow>();
  const unreadable = await listRows(rows, options);
  const { position } = await capturePosition(pool, grant, false);
  const topic = await applyChanges(rows, captured, position, options);
  const parts = await partsOf(rows);
  return { position, topic, parts, rows: rows.size, unreadable, hash: hashOf(parts, rows.size) };
}

/** Yields to the event loop after each part. */
async function partsOf(rows: ReadonlyMap<string, HashedRow>): Promise<DigestPart[]> {
  const byPrefix = Map.groupBy(rows.values(), ({ subject }) => subject.charAt(0));
  const parts: DigestPart[] = [];
  for (const prefix of [...byPrefix.keys()].sort()) {
    const part = inOrder(byPrefix.get(prefix)!);
    parts.push({ prefix, rows: part, hash: hashRange(part, 1) });
    await setImmediate();
  }
  return parts;
}

function hashOf(parts: readonly DigestPart[], count: number): Buffer {
  if (count <= LARGEST_GROUP)
    return hashRange(
      parts.flatMap(({ rows }) => rows),
      0,
    );
  return hashBranch(parts.map(({ prefix, hash }) => ({ next: prefix, hash })));
}

/** @returns the number of records within the scope that break their schema */
async function listRows(
  rows: Map<string, HashedRow>,
  { grant, list, secrets, signal }: ComputeOptions,
): Promise<number> {
  let unreadable = 0;
  let after: string | undefined;
  do {
    signal.throwIfAborted();
    const page = await list({ after, limit: PAGE, within: grant.scope?.within });
    unreadable += page.unreadable;
    for (const scanned of page.rows) {
      const row = copyRow(scanned, grant, secrets);
      if (row === 'broken') unreadable++;
      else if (row !== 'hidden' && row.rendered)
        put(rows, row.rendered.subject, row.version, row.rendered.state);
    }
    after = page.next;
  } while (after !== undefined);
  return unreadable;
}

function put(rows: Map<string, HashedRow>, subject: string, version: number, state: unknown): void {
  rows.set(subject, { subject, version, hash: hashRow(subject, state) });
  if (rows.size > MOST_ROWS) throw new Problem('snapshot_not_offered');
}

/** @returns the topic's sequence at `upTo`; `undefined` where it cannot be computed */
async function applyChanges(
  rows: Map<string, HashedRow>,
  { position: from, topic }: CopyPosition,
  upTo: number,
  { grant, outbox, secrets, signal }: ComputeOptions,
): Promise<TopicPosition | undefined> {
  const { agreement, entity } = grant;
  let counted = topic && from - topic.position <= FARTHEST_BEHIND ? topic : undefined;
  let position = Math.min(from, counted?.position ?? from);
  while (position < upTo) {
    signal.throwIfAborted();
    const { changes, missed } = await outbox.read(position);
    if (missed > 0) counted = undefined;
    if ((missed > 0 && position + missed > from) || changes.length === 0) throw new Problem('cursor_expired');
    for (const change of changes) {
      if (change.position > upTo) break;
      position = change.position;
      if (counted && render(change, grant)) counted = { ...counted, sequence: counted.sequence + 1 };
      if (position <= from || change.superseded || change.entity !== entity.name) continue;
      const subject = secrets.pseudonym(agreement.number, entity.name, change.subject);
      if ((rows.get(subject)?.version ?? -1) >= change.version) continue;
      if (change.after && grant.inScope(change.after)) {
        put(rows, subject, change.version, grant.project(change.data) ?? {});
      } else rows.delete(subject);
    }
  }
  return counted && { ...counted, position: upTo };
}
