/**
 * What the gateway asks of a request's signature, and what it promises of a response's. Agencies read the same in
 * docs/signatures.md.
 */
import type { InnerList, Item } from 'structured-headers';
import { circumstances } from '../circumstances/circumstances.ts';

/** `tag` of the signatures that are meant for the gateway, and of those that it makes. */
export const REQUEST_TAG = 'lienthong-request';
export const RESPONSE_TAG = 'lienthong-response';
export const DELIVERY_TAG = 'lienthong-delivery';

/** The label of what the gateway asks for and of what it signs unasked. */
export const LABEL = 'lienthong';

/** Milliseconds for which a signature may be used, by the sender's clock. */
export const MAX_AGE = 60_000;
/** Milliseconds by which the sender's clock may differ. */
export const CLOCK_SKEW = 30_000;

/** What names one request among all: random, and no personal number. */
export const nonceShape = /^[\x21-\x7e]{16,128}$/;

/**
 * Fields that change what a call means or what is recorded of it: covered whenever they are in the request.
 * `authorization` always is: it binds the signature to one token, and keeps it from telling anything about a body to
 * whoever finds it in the evidence (gateway/evidence/README.md).
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

/** The same of the request that a response answers (2.4); with `key`, one member of a dictionary. */
function ofRequest(name: string, key?: string): Item {
  return [
    name,
    new Map<string, string | true>([...(key === undefined ? [] : [['key', key] as const]), ['req', true]]),
  ];
}

/** What of the request was verified, and may therefore be vouched for. */
export interface VerifiedParts {
  /** Did its content fit `Content-Digest`? */
  readonly content: boolean;
  /** The label of its signature. */
  readonly label: string | undefined;
}

/** All that the gateway signs of an answer and of its request. */
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
