/**
 * Message signatures (RFC 9421) as the request flow uses them: a request's is verified by its sender's keys, a
 * response's is made by the gateway's own.
 *
 * The folder from the bottom: `signatures/format/dictionary.ts`, `signatures/format/message.ts`, `signatures/format/components.ts`, `signatures/format/base.ts`, `signatures/format/algorithms.ts`,
 * `signatures/format/signed-message.ts` are the RFC; `signatures/format/content-digest.ts` is RFC 9530; `policy.ts` is what this gateway asks and promises;
 * `verify-request.ts`, `accept-signature.ts`, `sign-response.ts`, `sign-delivery.ts` hold messages against it.
 */
import { KeyObject } from 'node:crypto';
import type { CryptoKey } from 'jose';
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
   * Verifies a request's signature by the keys of its system, once.
   * @throws InvalidSignature; whatever the store failed with
   */
  verify(signature: MessageSignature, message: RequestMessage, system: string): Promise<RequestSignature>;
  /** Signs an answer. @throws Error when no key is valid now */
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
  // node:crypto signs at once, which costs less than a job for Web Crypto's threads.
  const keyObjects = new WeakMap<CryptoKey, KeyObject>();
  const keyObjectOf = (key: CryptoKey): KeyObject => {
    const known = keyObjects.get(key);
    if (known) return known;
    const made = KeyObject.from(key);
    keyObjects.set(key, made);
    return made;
  };
  const currentKey = () => {
    const { kid, privateKey } = messageKeys.current();
    return { kid, privateKey: keyObjectOf(privateKey) };
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
