/**
 * A copy as an agency would keep it, in memory, and its digest: written from docs/copies.md alone, so that it can be held
 * against the gateway's.
 */
import { createHash } from 'node:crypto';

export interface Row {
  readonly subject: string;
  readonly version: number;
  readonly state: unknown;
}

/** The content of a snapshot's lines, in order. */
export interface ReadSnapshot {
  readonly start: {
    readonly registry: string;
    readonly entity: string;
    readonly agreement: string;
    readonly rows: number;
    readonly ranges?: readonly string[];
    readonly feed: { readonly after: string };
    readonly kafka?: { readonly topic: string; readonly generation: number; readonly sequence: number };
  };
  readonly rows: readonly Row[];
  /** The last `next`. */
  readonly next: string | undefined;
  /** How many of `rows` stand before it. */
  readonly before: number;
  readonly end: { readonly rows: number; readonly unreadable: number } | undefined;
  readonly stopped: { readonly reason: string } | undefined;
}

/** @param text NDJSON; a last line that was cut is left out */
export function readSnapshot(text: string): ReadSnapshot {
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const rows: Row[] = [];
  let [next, before, end, stopped]: [
    ReadSnapshot['next'],
    number,
    ReadSnapshot['end'],
    ReadSnapshot['stopped'],
  ] = [undefined, 0, undefined, undefined];
  for (const line of lines.slice(1)) {
    if ('subject' in line) rows.push(line);
    else if ('next' in line) [next, before] = [line.next, rows.length];
    else if ('end' in line) end = line.end;
    else stopped = line.stopped;
  }
  return { start: lines[0].start, rows, next, before, end, stopped };
}

/** Applies rows and events: only what is newer. `undefined` is a record that is gone. */
export class Copy {
  readonly records = new Map<string, { readonly version: number; readonly state: unknown }>();

  apply(subject: string, version: number, state: unknown): void {
    const known = this.records.get(subject);
    if (known && known.version >= version) return;
    this.records.set(subject, { version, state });
  }

  rows(): Row[] {
    return [...this.records]
      .filter(([, { state }]) => state !== undefined)
      .map(([subject, { version, state }]) => ({ subject, version, state }));
  }
}

/** Hexadecimal. */
export function digestOf(rows: readonly Pick<Row, 'subject' | 'state'>[]): string {
  const hashed = rows
    .map(({ subject, state }) => ({ subject, hash: sha256(Buffer.of(0), canonical({ subject, state })) }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.subject), Buffer.from(b.subject)));
  return rangeHash(hashed, '').toString('hex');
}

interface Hashed {
  readonly subject: string;
  readonly hash: Buffer;
}

function rangeHash(rows: readonly Hashed[], prefix: string): Buffer {
  if (rows.length <= 64) return sha256(Buffer.of(1), ...rows.map(({ hash }) => hash));
  const nexts = [...new Set(rows.map(({ subject }) => subject[prefix.length]!))];
  return sha256(
    Buffer.of(2),
    ...nexts.flatMap((next) => [
      next,
      rangeHash(
        rows.filter(({ subject }) => subject.startsWith(prefix + next)),
        prefix + next,
      ),
    ]),
  );
}

function sha256(...parts: readonly (Buffer | string)[]): Buffer {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest();
}

/** RFC 8785, for what JSON.parse gives. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
