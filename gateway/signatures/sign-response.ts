/**
 * Signed responses (RFC 9421, 2.4). The signature proves the gateway's response to a request, also to third parties. It covers
 * the components that identify the request and, where the gateway verified one, the caller's own signature with its
 * parameters beside them (7.3.7).
 */
import type { KeyObject } from 'node:crypto';
import { grantableWish } from './accept-signature.ts';
import { algorithmFor } from './format/algorithms.ts';
import { contentDigest } from './format/content-digest.ts';
import { fieldsOf, type RequestMessage } from './format/message.ts';
import { createSignature } from './format/signed-message.ts';
import { LABEL, ownCovered, RESPONSE_TAG, type VerifiedParts } from './policy.ts';

/** A response that is about to be sent. */
export interface UnsignedResponse {
  readonly status: number;
  readonly contentType: string;
  readonly requestId: string;
  readonly body: string | Buffer;
}

export interface ResponseSignature {
  readonly signature: Buffer;
  /** Fields of the response. */
  readonly headers: Readonly<Record<'content-digest' | 'signature-input' | 'signature', string>>;
}

/**
 * Signs a response.
 * @param now milliseconds since the epoch
 */
export function signResponse(
  unsigned: UnsignedResponse,
  request: RequestMessage,
  verified: VerifiedParts,
  key: { readonly kid: string; readonly privateKey: KeyObject },
  now: number,
): ResponseSignature {
  const digest = contentDigest(unsigned.body);
  const response = {
    status: unsigned.status,
    fields: fieldsOf([
      ...['content-digest', digest, 'content-type', unsigned.contentType],
      ...['x-request-id', unsigned.requestId],
    ]),
  };
  const own = ownCovered(verified);
  const alg = algorithmFor(key.privateKey)!.name;
  const wish = grantableWish(request.fields('accept-signature'), own, { keyid: key.kid, alg });
  const parameters = new Map<string, string | number>([
    ['created', Math.floor(now / 1000)],
    ...(wish?.nonce === undefined ? [] : [['nonce', wish.nonce] as const]),
    ...(wish?.alg === undefined ? [] : [['alg', wish.alg] as const]),
    ['keyid', key.kid],
    ['tag', RESPONSE_TAG],
  ]);
  const { signature, fields } = createSignature(
    wish?.label ?? LABEL,
    wish?.covered ?? own,
    parameters,
    { response, request },
    key.privateKey,
  );
  return { signature, headers: { 'content-digest': digest, ...fields } };
}
