/**
 * Verifies that an endpoint wants the deliveries, before a subscription is made. As in WebSub (W3C Recommendation, 5.3,
 * "verification of intent"), the gateway sends a random challenge, which the endpoint must give back. Two things differ: the
 * request is a POST, signed like every delivery, so that the endpoint's check of signatures is tried out first; and the endpoint
 * gives the challenge back as JSON.
 *
 *     POST /hook                                                     200
 *     Content-Type: application/json                                 Content-Type: application/json
 *     { "type": "vn.lienthong.subscription.verification",
 *       "subscription": "…", "registry": "…", "challenge": "…" }     { "challenge": "…" }
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { unpack } from '../../../../adapters/upstream/unpack.ts';
import { withoutBom } from '../../../../adapters/values/unicode.ts';
import { parseStrictJson } from '../../../wire/strict-json.ts';
import { ANSWER_BYTES, type PostFailure, type PostParts, post } from './post.ts';
import type { Subscription } from './subscription.ts';

export const VERIFICATION_TYPE = 'vn.lienthong.subscription.verification';

const NOTHING = Buffer.alloc(0);

/** `status`: the answer was not 2xx; `challenge`: the answer did not give the challenge back. */
export type Unverified = PostFailure | 'status' | 'challenge';

/** @returns why the endpoint is not verified; `undefined`: it is */
export async function verifyEndpoint(
  parts: PostParts,
  { id, url, registry }: Pick<Subscription, 'id' | 'url' | 'registry'>,
  signal: AbortSignal,
): Promise<Unverified | undefined> {
  const challenge = randomBytes(32).toString('base64url');
  const body = JSON.stringify({ type: VERIFICATION_TYPE, subscription: id, registry, challenge });
  const delivery = { url, contentType: 'application/json', subscription: id, body };
  // Rejects only when the caller is gone, so nobody sees this reason.
  const posted = await post(parts, delivery, signal).catch(() => undefined);
  if (!posted) return 'no_answer';
  if (!posted.answered) return posted.failure;
  if (posted.status < 200 || posted.status > 299) return 'status';
  const answer = await unpack(posted.body, posted.encoding, ANSWER_BYTES).catch(() => NOTHING);
  return givesBack(answer, challenge) ? undefined : 'challenge';
}

function givesBack(body: Buffer, challenge: string): boolean {
  try {
    const answer = parseStrictJson(withoutBom(body));
    const given = (answer as { challenge?: unknown } | null)?.challenge;
    const [a, b] = [Buffer.from(String(given)), Buffer.from(challenge)];
    return typeof given === 'string' && a.length === b.length && timingSafeEqual(a, b);
  } catch {
    return false;
  }
}
