/**
 * Verifies a webhook delivery by the gateway's published keys, as its receiver must before it uses the content.
 * docs/agencies/webhooks.md shows the same in a few lines without this code.
 */
import { createPublicKey } from 'node:crypto';
import { say } from '../problems/sentences/sentence.ts';
import { verifyContentDigest } from '../signatures/format/content-digest.ts';
import { InvalidSignature } from '../signatures/format/invalid-signature.ts';
import type { RequestMessage } from '../signatures/format/message.ts';
import { parametersOf, readSignatures, verifySignature } from '../signatures/format/signed-message.ts';
import { covers, DELIVERY_TAG, deliveryCovered } from '../signatures/policy.ts';
import type { KeySet, Received } from './verify-response.ts';

export interface VerifiedDelivery {
  readonly subscription: string;
  /** RFC 3339, by the gateway's clock. */
  readonly signedAt: string;
  readonly keyid: string;
}

/** @throws InvalidSignature */
export function verifyDelivery(
  { message, content }: Received<RequestMessage>,
  { keys }: KeySet,
): VerifiedDelivery {
  const chosen = readSignatures(message.fields).filter(({ input }) => input[1].get('tag') === DELIVERY_TAG);
  const [signature, ...others] = chosen;
  if (!signature)
    throw new InvalidSignature(
      'malformed',
      say("the request does not have the gateway's signature", 'yêu cầu không có chữ ký của cổng'),
    );
  if (others.length > 0) throw new InvalidSignature('ambiguous');
  const { created, keyid } = parametersOf(signature.input);
  if (created === undefined || keyid === undefined) {
    throw new InvalidSignature(
      'parameter',
      say('created and keyid are required', 'created và keyid là bắt buộc'),
    );
  }
  const missing = deliveryCovered.filter((name) => !covers(signature.input, name));
  if (missing.length > 0) {
    throw new InvalidSignature(
      'not_covered',
      say(`the signature does not cover ${missing.join(', ')}`, `chữ ký không bao phủ ${missing.join(', ')}`),
    );
  }
  const [jwk, ...more] = keys.filter(({ kid }) => kid === keyid);
  if (!jwk || more.length > 0)
    throw new InvalidSignature(
      'key_unknown',
      say('keyid names no key of the set', 'keyid không ứng với khóa nào trong bộ khóa'),
    );
  verifySignature(signature, { request: message }, createPublicKey({ key: jwk, format: 'jwk' }));
  verifyContentDigest(message.fields('content-digest'), content);
  return {
    subscription: message.fields('lienthong-subscription')[0]!,
    signedAt: new Date(created * 1000).toISOString(),
    keyid,
  };
}
