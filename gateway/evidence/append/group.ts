/** Entries that are committed together. */
import type { FieldSet } from '../../catalog/catalog.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { EvidenceEntry } from '../evidence.ts';
import { CopyBuffer } from './copy-format.ts';
import { writeRow } from './row.ts';

interface Waiter {
  /** Where its row begins. */
  readonly position: number;
  readonly kind: EvidenceEntry['kind'];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Rows are encoded as they come: sending a group costs no more than copying its bytes. */
export class Group {
  /** When the first entry came, in the clock of `performance.now()`. */
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

  /** The field sets that its rows refer to, by digest. */
  get fieldSets(): ReadonlyMap<string, FieldSet> {
    return this.#fieldSets;
  }

  /** How many of its entries are durable, by kind. */
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

  /** The rows `from` … `to - 1` are durable. */
  commit(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const { kind, resolve } = this.#waiters[i]!;
      this.#committed.set(kind, (this.#committed.get(kind) ?? 0) + 1);
      resolve();
    }
  }

  /** The rows `from` … `to - 1` are not durable, as far as they have not been called so. */
  fail(error: Error, from: number, to: number): void {
    for (let i = from; i < to; i++) this.#waiters[i]!.reject(error);
  }
}
