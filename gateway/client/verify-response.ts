/**
 * Verifies a signed response by the gateway's published keys, as an agency or a third party does to prove its content. The
 * time of signing is reported and never refused: a response proves the same years later.
 */
import { createPublicKey, type webcrypto } from 'node:crypto';
import { serializeItem } from 'structured-headers';
import { say } from '../problems/sentences/sentence.ts';
import { verifyContentDigest } from '../signatures/format/content-digest.ts';
import { InvalidSignature } from '../signatures/format/invalid-signature.ts';
import type { RequestMessage, ResponseMessage } from '../signatures/format/message.ts';
import { parametersOf, readSignatures, verifySignature } from '../signatures/format/signed-message.ts';
import { covers, RESPONSE_TAG } from '../signatures/policy.ts';

/** A message with its content. */
export interface Received<Message> {
  readonly message: Message;
  readonly content: Buffer;
}

/** The members of a JWK Set (RFC 7517) that verification reads. */
export interface KeySet {
  readonly keys: readonly (webcrypto.JsonWebKey & { readonly kid?: unknown })[];
}

export interface VerifiedResponse {
  readonly status: number;
  readonly requestId: string | undefined;
  /** RFC 3339, by the gateway's clock. */
  readonly signedAt: string;
  readonly keyid: string;
  /** The covered components, as identifiers. */
  readonly covered: readonly string[];
}

/**
 * @param request of the response; needed when the signature covers parts of it
 * @throws InvalidSignature
 */
export function verifyResponse(
  { message: response, content }: Received<ResponseMessage>,
  request: Received<RequestMessage> | undefined,
  { keys }: KeySet,
): VerifiedResponse {
  const chosen = readSignatures(response.fields).filter(({ input }) => input[1].get('tag') === RESPONSE_TAG);
  const [signature, ...others] = chosen;
  if (!signature)
    throw new InvalidSignature(
      'malformed',
      say("the response does not have the gateway's signature", 'trả lời không có chữ ký của cổng'),
    );
  if (others.length > 0) throw new InvalidSignature('ambiguous');
  const { input } = signature;
  const { created, keyid } = parametersOf(input);
  if (created === undefined || keyid === undefined) {
    throw new InvalidSignature(
      'parameter',
      say('created and keyid are required', 'created và keyid là bắt buộc'),
    );
  }
  for (const name of ['@status', 'content-digest']) {
    if (!covers(input, name))
      throw new InvalidSignature(
        'not_covered',
        say(`the signature does not cover ${name}`, `chữ ký không bao phủ ${name}`),
      );
  }
  const jwk = keys.filter(({ kid }) => kid === keyid);
  if (jwk.length !== 1)
    throw new InvalidSignature(
      'key_unknown',
      say('keyid names no key of the set', 'keyid không ứng với khóa nào trong bộ khóa'),
    );
  const publicKey = createPublicKey({ key: jwk[0]!, format: 'jwk' });
  verifySignature(signature, { response, request: request?.message }, publicKey);
  verifyContentDigest(response.fields('content-digest'), content);
  // The signature covers the request's Content-Digest field only: the field must also fit the given content.
  const digest = request?.message.fields('content-digest') ?? [];
  if (request && digest.length > 0) verifyContentDigest(digest, request.content);
  return {
    status: response.status,
    requestId: covers(input, 'x-request-id') ? response.fields('x-request-id')[0] : undefined,
    signedAt: new Date(created * 1000).toISOString(),
    keyid,
    covered: input[0].map((identifier) => serializeItem(identifier)),
  };
}
