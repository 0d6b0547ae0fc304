/** A group of entries that are committed together. */
import type { FieldSet } from '../../catalog/catalog.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { EvidenceEntry } from '../evidence.ts';
import { CopyBuffer } from './copy-format.ts';
import { writeRow } from './row.ts';

interface Waiter {
  /** The offset of its row. */
  readonly position: number;
  readonly kind: EvidenceEntry['kind'];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Encodes each row when its entry is added: sending a group then only copies bytes. */
export class Group {
  /** The time of the first entry, in the clock of `performance.now()`. */
  readonly since: number;
  readonly #rows = new CopyBuffer();
  readonly #waiters: Waiter[] = [];
  readonly #fieldSets = new Map<string, FieldSet>();
  readonly #committed = new Map<EvidenceEntry['kind'], number>();

  constructor(since: number) {
    this.since = since;
  }

  get size(): number {
    return this.#waiters.length;
  }

  /** The field sets of its rows, by digest. */
  get fieldSets(): ReadonlyMap<string, FieldSet> {
    return this.#fieldSets;
  }

  /** Number of durable entries, by kind. */
  get committed(): ReadonlyMap<EvidenceEntry['kind'], number> {
    return this.#committed;
  }

  /** Resolves when the entry is durable. */
  add(entry: EvidenceEntry, secrets: Secrets): Promise<void> {
    const position = this.#rows.position;
    try {
      writeRow(this.#rows, entry, secrets, Date.now());
    } catch (error) {
      this.#rows.cut(position); // half a row would spoil the others
      return Promise.reject(error);
    }
    if (entry.fields) this.#fieldSets.set(entry.fields.digest, entry.fields);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ position, kind: entry.kind, resolve, reject });
    });
  }

  /** The rows `from` … `to - 1` as a file for COPY. */
  file(from: number, to: number): Buffer {
    return this.#rows.file(this.#waiters[from]!.position, this.#waiters[to]?.position);
  }

  /** Resolves the entries `from` … `to - 1`: their rows are durable. */
  commit(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const { kind, resolve } = this.#waiters[i]!;
      this.#committed.set(kind, (this.#committed.get(kind) ?? 0) + 1);
      resolve();
    }
  }

  /** Rejects the entries `from` … `to - 1`, except those that are resolved already. */
  fail(error: Error, from: number, to: number): void {
    for (let i = from; i < to; i++) this.#waiters[i]!.reject(error);
  }
}
