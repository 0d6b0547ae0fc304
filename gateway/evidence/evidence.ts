/**
 * The evidence log: every disclosure and every refusal, with its caller and agreement. Append-only.
 *
 * `append` MUST NOT resolve before the entry is durably committed, and MUST reject when it cannot be: no evidence,
 * no data. Entries are committed in groups; their order in the log is the order of commits.
 *
 * `appendIn` MUST write into the caller's transaction: the stored rows and their evidence are committed together, or neither.
 */
import type { FieldSet } from '../catalog/catalog.ts';
import type { RecordedCircumstances } from '../circumstances/circumstances.ts';
import type { RequestSignature } from '../signatures/verify-request.ts';
import type { Client } from '../store/pool.ts';

export interface EvidenceLog {
  append(entry: EvidenceEntry): Promise<void>;
  /**
   * Writes entries into a transaction that is open on `client`, and makes its commit wait for the disk.
   * @returns counts the entries; to be called after the commit
   */
  appendIn(client: Client, entries: readonly EvidenceEntry[]): Promise<() => void>;
  /** Counts a refusal that leaves no row (no verified caller, or 429), by source address, code and minute. */
  countRefusal(source: string, code: string): void;
  close(): Promise<void>;
}

/** Reports whether entries are being committed. */
export interface EvidenceHealth {
  /** Did the last group fail, or do so many entries wait that more are refused? */
  failing(): boolean;
}

export const evidenceKinds = [
  'disclosure',
  'undelivered',
  'refusal',
  'publication',
  'intent',
  'write',
  'delivery',
  'revocation',
  'subscription',
  'replay',
  'catalogue',
] as const;

export type EvidenceKind = (typeof evidenceKinds)[number];

/** An event as the steps know it. The log stores identifiers and bodies as keyed hashes and salted digests only. */
export interface EvidenceEntry extends RecordedCircumstances {
  /** A UUID; made where it is absent. An intent gives the id by which its registry knows the write. */
  readonly id?: string;
  readonly requestId: string;
  readonly kind: EvidenceKind;
  readonly agency: string;
  readonly system: string;
  /** RFC 7638 thumbprint of the caller's key; `undefined` for deliveries, which have no caller. */
  readonly keyThumbprint: string | undefined;
  readonly tokenId: string | undefined;
  readonly agreement: string | undefined;
  readonly legalBasis: readonly string[];
  /** Service or stream by name with version: `population.person.lookup@1`, `business.changes.read`. */
  readonly service: string;
  /** Personal identification numbers; only their keyed hashes are stored. */
  readonly subjects: readonly string[];
  readonly fields: FieldSet | undefined;
  /** HTTP status of the answer; 200 for a delivery, 202 for an intent, 499 for an answer that was not delivered. */
  readonly status: number;
  /** Problem code of a refusal. */
  readonly code: string | undefined;
  /** A fixed word that narrows the code (`proof_replayed`). */
  readonly reason?: string | undefined;
  /** Exact bytes received (body, or method and path for GET) and sent; digested with the entry's salt. */
  readonly request: string | Buffer | undefined;
  readonly response: string | Buffer | undefined;
  /** The caller's verified signature of the request. */
  readonly requestSignature?: Pick<RequestSignature, 'input' | 'signature' | 'baseDigest'> | undefined;
  /** The gateway's signature of the answer; only its salted digest is stored. */
  readonly responseSignature?: Buffer | undefined;
}
