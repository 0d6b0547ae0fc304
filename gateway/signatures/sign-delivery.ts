/**
 * Signed deliveries (RFC 9421). The signature proves to a webhook's receiver that a delivery comes from the gateway, is meant
 * for this address and subscription, and is whole. The keys are the same as for signed responses.
 */
import { type KeyObject, randomUUID } from 'node:crypto';
import { contentDigest } from './format/content-digest.ts';
import { fieldsOf } from './format/message.ts';
import { createSignature } from './format/signed-message.ts';
import { component, DELIVERY_TAG, deliveryCovered, LABEL } from './policy.ts';

/** A POST that is about to be sent. */
export interface Delivery {
  readonly url: string;
  readonly contentType: string;
  /** The subscription's id. */
  readonly subscription: string;
  readonly body: string | Buffer;
}

/**
 * Signs a delivery, and returns all fields of its request.
 * @param now milliseconds since the epoch
 */
export function signDelivery(
  { url, contentType, subscription, body }: Delivery,
  key: { readonly kid: string; readonly privateKey: KeyObject },
  now: number,
): Record<string, string> {
  const headers = {
    'content-type': contentType,
    'content-digest': contentDigest(body),
    'lienthong-subscription': subscription,
  };
  const { pathname, search } = new URL(url);
  const request = {
    method: 'POST',
    targetUri: url,
    requestTarget: pathname + search,
    fields: fieldsOf(Object.entries(headers).flat()),
  };
  const parameters = new Map<string, string | number>([
    ['created', Math.floor(now / 1000)],
    ['keyid', key.kid],
    ['nonce', randomUUID()],
    ['tag', DELIVERY_TAG],
  ]);
  const { fields } = createSignature(
    LABEL,
    deliveryCovered.map(component),
    parameters,
    { request },
    key.privateKey,
  );
  return { ...headers, ...fields };
}
