/**
 * The SHA-256 digests of a change, 32 bytes each as latin1. Both are computed from bytes that are written once: V8 would copy and
 * encode the joined text of a large state again for each digest.
 */
import { hash } from 'node:crypto';
import type { Operation } from '../change.ts';

export interface ChangeContent {
  readonly operation: Operation;
  readonly occurredAt: string;
  /** Canonical JSON. */
  readonly changedFields: string;
  /** Canonical JSON; `null`: deleted. */
  readonly data: string | null;
}

export interface Digests {
  /** Over the canonical form of `{ changedFields, data?, occurredAt, operation }`; or the same as `stateDigest`. */
  readonly digest: string;
  /** Over the canonical form of `data`; over no bytes when deleted. */
  readonly stateDigest: string;
}

const scratch = Buffer.allocUnsafeSlow(16_384);
/** Bytes that a UTF-16 unit has in UTF-8, at most. */
const WIDEST = 3;

/** @param identity what makes two changes of one version equal: the whole content, or the state alone */
export function digestsOf(
  { operation, occurredAt, changedFields, data }: ChangeContent,
  identity: 'content' | 'state',
): Digests {
  const before = `{"changedFields":${changedFields},${data === null ? '' : '"data":'}`;
  const state = data ?? '';
  const after = `${data === null ? '' : ','}"occurredAt":${JSON.stringify(occurredAt)},"operation":"${operation}"}`;
  const most = WIDEST * (before.length + state.length + after.length);
  const bytes = most <= scratch.length ? scratch : Buffer.allocUnsafe(most);
  const start = bytes.write(before);
  const end = start + bytes.write(state, start);
  const length = end + bytes.write(after, end);
  const stateDigest = hash('sha256', bytes.subarray(start, end), 'latin1');
  const digest = identity === 'state' ? stateDigest : hash('sha256', bytes.subarray(0, length), 'latin1');
  return { digest, stateDigest };
}
