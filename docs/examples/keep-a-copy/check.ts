/**
 * Checks the copy against the gateway's digest, and replaces the ranges that differ.
 *
 * The digest is of a stated moment. The copy is brought to that moment or past it; a row that changed on the way may
 * differ for that reason, and is left to the next check.
 */
import { type Hashed, hashRange, hashRows } from './digest.ts';
import { StartAgain } from './gateway.ts';
import type { Row } from './row.ts';
import { type Copying, linesOf } from './snapshot.ts';

interface Range {
  readonly range: string;
  readonly count: number;
  readonly hash: string;
  readonly ranges?: readonly Range[];
  readonly rows?: readonly { readonly subject: string; readonly hash: string }[];
}

interface Meta {
  readonly at: string;
  readonly kafka?: { readonly topic: string; readonly sequence: number };
}

interface Digest {
  readonly data: readonly Range[];
  readonly meta: Meta;
}

/** Ranges in one request. */
const MOST_RANGES = 64;
/** With more wrong ranges than this the whole copy is got anew. */
const MOST_REPAIRS = 1000;

/**
 * @param bringUp brings the copy up to the digest's moment; returns the subjects that changed since before it was asked
 *   for
 * @param alone runs the comparison while nothing else is applied
 */
export async function check(
  copying: Copying,
  bringUp: (meta: Meta) => Promise<ReadonlySet<string>>,
  alone: <T>(work: () => Promise<T>) => Promise<T> = (work) => work(),
): Promise<void> {
  const { registry, entity, gateway, table, log, signal } = copying;
  const path = `/v1/${registry}/digest/${entity}`;
  const ask = async (query: string): Promise<Digest> => {
    const response = await gateway.get(path + query, signal);
    const digest = (await response.json()) as Digest;
    // 202: it is still being computed.
    return response.status === 202 ? ask(`?at=${digest.meta.at}`) : digest;
  };
  const waiting = await alone(() => table.retryAside());
  if (waiting > 0) log('aside', { rows: waiting });
  const { data, meta } = await ask('');
  const changed = await bringUp(meta);
  await alone(async () => {
    const rows = hashRows(await table.rows());
    const below = async (ranges: readonly string[]) => (await ask(`?at=${meta.at}&range=${ranges}`)).data;
    const wrong = await differing(data[0]!, rows, below, changed);
    const details = { rows: rows.length, hash: hashRange(rows, 0).toString('hex') };
    if (wrong.length === 0) return log('checked', { ...details, equal: details.hash === data[0]!.hash });
    if (wrong.length > MOST_REPAIRS) throw new StartAgain('too much differs');
    log('differs', { ...details, ranges: wrong.length });
    for (let from = 0; from < wrong.length; from += MOST_RANGES) {
      await repair(copying, wrong.slice(from, from + MOST_RANGES));
    }
    log('repaired', { ranges: wrong.length });
  });
}

/** Prefixes of the smallest ranges that differ, but for those in which only changed rows do. */
async function differing(
  range: Range,
  all: readonly Hashed[],
  below: (ranges: readonly string[]) => Promise<readonly Range[]>,
  changed: ReadonlySet<string>,
): Promise<string[]> {
  const { range: prefix } = range;
  const own = all.filter(({ subject }) => subject.startsWith(prefix));
  if (hashRange(own, prefix.length).toString('hex') === range.hash) return [];
  if (range.rows) {
    const theirs = new Map(range.rows.map(({ subject, hash }) => [subject, hash]));
    const ours = new Map(own.map(({ subject, hash }) => [subject, hash.toString('hex')]));
    const subjects = [...new Set([...theirs.keys(), ...ours.keys()])];
    const wrong = subjects.filter((subject) => theirs.get(subject) !== ours.get(subject));
    return wrong.some((subject) => !changed.has(subject)) ? [prefix] : [];
  }
  const theirs = new Map(range.ranges!.map((part) => [part.range, part.hash]));
  const ours = Map.groupBy(own, ({ subject }) => subject.slice(0, prefix.length + 1));
  const onlyOurs = [...ours.keys()].filter(
    (part) => !theirs.has(part) && ours.get(part)!.some(({ subject }) => !changed.has(subject)),
  );
  const wrong = [...theirs.keys()].filter(
    (part) => hashRange(ours.get(part) ?? [], part.length).toString('hex') !== theirs.get(part),
  );
  const found: string[] = [...onlyOurs];
  for (let from = 0; from < wrong.length; from += MOST_RANGES) {
    const parts = await below(wrong.slice(from, from + MOST_RANGES));
    for (const part of parts) {
      found.push(...(await differing(part, ours.get(part.range) ?? [], below, changed)));
    }
  }
  return found;
}

/** Gets the ranges from a snapshot: it is newer than anything applied so far. */
async function repair(copying: Copying, ranges: readonly string[]): Promise<void> {
  const rows: Row[] = [];
  let next: string | undefined;
  for (let done = false; !done; ) {
    const query = { range: ranges.join(','), ...(next !== undefined && { after: next }) };
    let piece: Row[] = [];
    for await (const line of linesOf(copying, query)) {
      if (line.subject !== undefined) piece.push(line as Row);
      else if (line.next !== undefined || line.end) {
        rows.push(...piece);
        piece = [];
        next = line.next ?? next;
        done = line.end !== undefined;
      }
    }
  }
  await copying.table.replaceRanges(ranges, rows);
}
