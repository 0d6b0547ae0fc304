/**
 * Message signatures (RFC 9421) as the request flow uses them: the gateway verifies a request's signature by its sender's keys,
 * and signs responses and deliveries by its own.
 *
 * The folder from the bottom: `format/` implements the RFC, and RFC 9530 in `content-digest.ts`; `policy.ts` holds the gateway's
 * rules; `verify-request.ts`, `accept-signature.ts`, `sign-response.ts` and `sign-delivery.ts` apply them.
 */
import type { SigningKeys } from '../identity/tokens/signing-keys.ts';
import type { VerificationKey } from '../keys/jwk-set.ts';
import type { RequestMessage } from './format/message.ts';
import type { MessageSignature } from './format/signed-message.ts';
import type { VerifiedParts } from './policy.ts';
import { type Delivery, signDelivery } from './sign-delivery.ts';
import { type ResponseSignature, signResponse, type UnsignedResponse } from './sign-response.ts';
import type { UsedNonces } from './used-nonces.ts';
import { type RequestSignature, verifyRequestSignature } from './verify-request.ts';

export interface Signatures {
  /**
   * Verifies a request's signature by the keys of its system; a second use is refused.
   * @throws InvalidSignature; the store's error when its nonce cannot be checked
   */
  verify(signature: MessageSignature, message: RequestMessage, system: string): Promise<RequestSignature>;
  /** Signs a response. @throws Error when no key is valid now */
  sign(unsigned: UnsignedResponse, request: RequestMessage, verified: VerifiedParts): ResponseSignature;
  /** The fields of a delivery, signed. @throws Error when no key is valid now */
  signDelivery(delivery: Delivery): Record<string, string>;
}

interface SignaturesOptions {
  readonly keyOf: (system: string, kid: string) => Promise<VerificationKey | undefined>;
  readonly messageKeys: Pick<SigningKeys, 'current'>;
  readonly usedNonces: UsedNonces;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export function createSignatures(options: SignaturesOptions): Signatures {
  const { keyOf, messageKeys, usedNonces, now = Date.now } = options;
  const currentKey = () => {
    // node:crypto signs synchronously, which costs less than a job for Web Crypto's threads.
    const { kid, privateKeyObject } = messageKeys.current();
    return { kid, privateKey: privateKeyObject };
  };
  return {
    verify: (signature, message, system) =>
      verifyRequestSignature(signature, message, {
        findKey: (keyid) => keyOf(system, keyid),
        useNonce: (thumbprint, nonce, expiresAt) => usedNonces.use(thumbprint, nonce, expiresAt),
        now: now(),
      }),
    sign: (unsigned, request, verified) => signResponse(unsigned, request, verified, currentKey(), now()),
    signDelivery: (delivery) => signDelivery(delivery, currentKey(), now()),
  };
}
