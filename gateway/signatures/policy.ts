/**
 * The gateway's rules for signatures: which components and parameters it requires of a request and a delivery, and which it
 * covers in a response. docs/signatures.md states the same for agencies.
 */
import type { InnerList, Item } from 'structured-headers';
import { circumstances } from '../circumstances/circumstances.ts';

/** `tag` of signatures for the gateway, and of signatures by the gateway. */
export const REQUEST_TAG = 'lienthong-request';
export const RESPONSE_TAG = 'lienthong-response';
export const DELIVERY_TAG = 'lienthong-delivery';

/** The label of signatures that the gateway asks for, and of those that it makes without a wish. */
export const LABEL = 'lienthong';

/** Milliseconds for which a signature may be used, by the sender's clock. */
export const MAX_AGE = 60_000;
/** Milliseconds by which the sender's clock may differ. */
export const CLOCK_SKEW = 30_000;

/** A nonce is random and unique to one request, and never a personal number. */
export const nonceShape = /^[\x21-\x7e]{16,128}$/;

/**
 * Fields that change the meaning of a call or its evidence: a signature must cover each of them that the request has. It must
 * always cover `authorization`: that binds it to one token, and so a signature found in the evidence reveals nothing about
 * the body (gateway/evidence/README.md).
 */
const declaringFields = [...circumstances.map(({ field }) => field), 'idempotency-key'];

/** Names of the components that a signature of a request must cover, without parameters. */
export function requiredOfRequest(method: string, isThere: (field: string) => boolean): string[] {
  return [
    ...['@method', '@target-uri', 'authorization'],
    ...(method === 'POST' ? ['content-digest'] : []),
    ...declaringFields.filter(isThere),
  ];
}

/** A component without parameters. */
export function component(name: string): Item {
  return [name, new Map()];
}

/** A component of the request that a response answers (2.4); with `key`, one member of a dictionary. */
function ofRequest(name: string, key?: string): Item {
  return [
    name,
    new Map<string, string | true>([...(key === undefined ? [] : [['key', key] as const]), ['req', true]]),
  ];
}

/** The verified parts of a request: the only ones that a response's signature covers. */
export interface VerifiedParts {
  /** Did its content fit `Content-Digest`? */
  readonly content: boolean;
  /** The label of its signature. */
  readonly label: string | undefined;
}

/** The gateway's own set: all components that it covers of a response and of its request. */
export function ownCovered({ content, label }: VerifiedParts): Item[] {
  return [
    ...['@status', 'content-digest', 'content-type', 'x-request-id'].map(component),
    ...['@method', '@target-uri'].map((name) => ofRequest(name)),
    ...(content ? [ofRequest('content-digest')] : []),
    ...(label === undefined ? [] : ['signature-input', 'signature'].map((name) => ofRequest(name, label))),
  ];
}

/** Names of the components that the signature of a delivery covers, always and in this order. */
export const deliveryCovered = [
  '@method',
  '@target-uri',
  'content-type',
  'content-digest',
  'lienthong-subscription',
] as const;

/** Does a signature cover this component, whole? */
export function covers([covered]: InnerList, name: string): boolean {
  return covered.some(([given, parameters]) => given === name && parameters.size === 0);
}
