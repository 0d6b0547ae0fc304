/** How an adapter describes itself to the conformance suite: its registry's messages, and what they are in our words. */
import type { Test } from 'tap';
import type { Adapter, ScanRow, Within } from '../../adapters/adapter.ts';
import type { Offer } from '../../adapters/offers.ts';
import type { UpstreamOptions } from '../../adapters/upstream/upstream.ts';
import type { Received, Reply } from '../adapters/support/server.ts';

export interface Subject {
  readonly registry: string;
  /** The operation that looks up one record, and a request for one. */
  readonly operation: string;
  readonly request: object;
  create(url: string, options: UpstreamOptions): Adapter;
  /** The registry's answer with the record of `request`, and the record in our words. */
  readonly found: Reply;
  readonly data: unknown;
  /** Each form in which the registry says that there is no such record. */
  readonly absent: readonly [Reply, ...Reply[]];
  /** A refusal, as the registry says it. */
  readonly refused: Reply;
  /** Well-formed answers with something of a record that are not what they should be: other types, another record. */
  readonly wrong: Readonly<Record<string, Reply>>;
  /** Well-formed answers with 200 that hold nothing of a record, and do not say in the registry's words that there is none. */
  readonly notUnderstood: Readonly<Record<string, Reply>>;
  readonly requestIdOf: (received: Received) => string | undefined;
  /** Scopes that the record of `request` is inside of, and outside; left out: no field of it has `x-scope`, so no call has a scope. */
  readonly scope?: { readonly inside: Within; readonly outside: Within };
  /** Operations that answer with a list, each of which can be restricted by these scopes. */
  readonly lists?: readonly ListSubject[];
  /** How the registry lists its entities; left out: it cannot. */
  readonly scans?: readonly ScanSubject[];
  /** What the adapter offers: contracts are held against it. */
  readonly offer: Offer;
  /** Answers what comes before the operation itself (a token); undefined for the operation. */
  readonly prelude?: (received: Received) => Reply | undefined;
}

export interface ListSubject {
  readonly operation: string;
  /** Without `pageToken`. */
  readonly request: object;
  /** The registry's answers when it has none of what is asked for; left out: `respond` without rows is the only one. */
  readonly none?: readonly Reply[];
  /**
   * The registry's answer when these rows are all that it has, in this order. Rows are numbered 0 to 9; even ones are
   * inside the subject's scope, odd ones outside, and of one of `broken` there is something that cannot be read.
   */
  respond(received: Received, rows: readonly number[], broken?: readonly number[]): Reply;
  /** Of a row that is inside. */
  row(row: number): unknown;
}

export interface ScanSubject {
  readonly entity: string;
  /** The registry's answers when it has none (left); `respond` without records is one of them. */
  readonly none?: readonly Reply[];
  /**
   * The registry's answer to a request for a page, when these records are all that it has of the entity, in this order. Records
   * are numbered 0 to 9, and their keys have the order of their numbers. Where the page begins, and how many records it may have,
   * is read from the request as the registry reads it.
   */
  respond(received: Received, records: readonly number[], how?: ScanPageOf): Reply;
  /** Of a record. */
  row(record: number): ScanRow;
}

interface ScanPageOf {
  /** Records that have something in them that cannot be read. */
  readonly unreadable?: readonly number[];
  /** How many records to send at most, whatever the request says. */
  readonly atMost?: number;
}

/** Where a suite defines its tests: tap, or what looks at how they end. */
export interface Tests {
  test(name: string, options: { readonly timeout: number }, run: (t: Test) => Promise<void>): unknown;
}

/** Defines one test of a suite. */
export type Check = (name: string, run: (t: Test) => Promise<void>) => void;

/** The scopes of a subject whose records are listed. @throws Error for a subject without */
export function scopeOf({ scope }: Subject): NonNullable<Subject['scope']> {
  if (!scope) throw new Error('records that are listed have a scope');
  return scope;
}
