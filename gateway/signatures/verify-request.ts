/**
 * Verifies a request's signature by RFC 9421, 3.2, and `policy.ts`, before the body is read. The body is verified by its
 * `Content-Digest` once it has been read.
 *
 * A request may carry signatures for other receivers: the gateway reads only those tagged for it, or without a tag.
 */
import { hash, type KeyObject } from 'node:crypto';
import { serializeInnerList } from 'structured-headers';
import { say } from '../problems/sentences/sentence.ts';
import { InvalidSignature } from './format/invalid-signature.ts';
import type { RequestMessage } from './format/message.ts';
import type { MessageSignature } from './format/signed-message.ts';
import { parametersOf, readSignatures, verifySignature } from './format/signed-message.ts';
import { CLOCK_SKEW, covers, MAX_AGE, nonceShape, REQUEST_TAG, requiredOfRequest } from './policy.ts';

/** A verified signature, as evidence keeps it. */
export interface RequestSignature {
  readonly label: string;
  /** Covered components and parameters, serialised. */
  readonly input: string;
  readonly signature: Buffer;
  /** SHA-256 of the signature base. */
  readonly baseDigest: Buffer;
  /** Is the content covered, by `Content-Digest`? */
  readonly coversContent: boolean;
}

/** A sender's key, and the thumbprint under which its nonces are kept. */
export interface SenderKey {
  readonly publicKey: KeyObject;
  readonly thumbprint: string;
}

interface VerifyOptions {
  readonly findKey: (keyid: string) => Promise<SenderKey | undefined>;
  /** Is this the first use of a nonce? From `expiresAt` on (milliseconds) its signature is too old. */
  readonly useNonce: (thumbprint: string, nonce: string, expiresAt: number) => Promise<boolean>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The one signature for the gateway; `undefined` when there is none.
 * @param required accepts a signature without a tag, too
 * @throws InvalidSignature `malformed`, `ambiguous`
 */
export function findRequestSignature(
  message: RequestMessage,
  required: boolean,
): MessageSignature | undefined {
  const { fields } = message;
  if (fields('signature-input').length === 0 && fields('signature').length === 0) return undefined;
  const all = readSignatures(fields);
  const tagged = all.filter(({ input }) => input[1].get('tag') === REQUEST_TAG);
  const chosen = tagged.length > 0 || !required ? tagged : all.filter(({ input }) => !input[1].has('tag'));
  if (chosen.length > 1) throw new InvalidSignature('ambiguous');
  return chosen[0];
}

/**
 * Verifies a signature by the sender's key; a second use is refused.
 * @throws InvalidSignature; the error of `useNonce`
 */
export async function verifyRequestSignature(
  chosen: MessageSignature,
  message: RequestMessage,
  options: VerifyOptions,
): Promise<RequestSignature> {
  const { label, input, signature } = chosen;
  const { created, expires, nonce, keyid } = parametersOf(input);
  if (created === undefined || keyid === undefined || nonce === undefined || !nonceShape.test(nonce)) {
    throw new InvalidSignature(
      'parameter',
      say(
        'created, keyid and nonce (16 to 128 characters) are required',
        'created, keyid và nonce (16 đến 128 ký tự) là bắt buộc',
      ),
    );
  }
  const made = created * 1000;
  const expiresAt = made + MAX_AGE + CLOCK_SKEW;
  const ended = expires !== undefined && expires * 1000 + CLOCK_SKEW <= options.now;
  if (made > options.now + CLOCK_SKEW || expiresAt <= options.now || ended)
    throw new InvalidSignature('created');

  const required = requiredOfRequest(message.method, (field) => message.fields(field).length > 0);
  const missing = required.filter((name) => !covers(input, name));
  if (missing.length > 0) {
    throw new InvalidSignature(
      'not_covered',
      say(`the signature must cover ${missing.join(', ')}`, `chữ ký phải bao phủ ${missing.join(', ')}`),
    );
  }
  const key = await options.findKey(keyid);
  if (!key) throw new InvalidSignature('key_unknown');
  const base = verifySignature(chosen, { request: message }, key.publicKey);
  // Last, so that only the owner of the key can use a nonce up.
  if (!(await options.useNonce(key.thumbprint, nonce, expiresAt))) throw new InvalidSignature('replayed');
  return {
    label,
    input: serializeInnerList(input),
    signature,
    baseDigest: hash('sha256', base, 'buffer'),
    coversContent: covers(input, 'content-digest'),
  };
}
