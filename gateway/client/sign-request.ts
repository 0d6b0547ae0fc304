/** The caller's side of request signatures, by the gateway's policy. For the command line and the tests. */
import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import { contentDigest } from '../signatures/format/content-digest.ts';
import { fieldsOf } from '../signatures/format/message.ts';
import { createSignature } from '../signatures/format/signed-message.ts';
import { component, LABEL, REQUEST_TAG, requiredOfRequest } from '../signatures/policy.ts';

/** A request before it is sent. */
export interface Unsigned {
  readonly method: string;
  readonly url: string;
  /** By lower-case name; `authorization` among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A private key, and the `kid` by which the gateway knows its public half. */
export interface RequestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** Imports a private JWK. @throws TypeError when it has no `kid` */
export function privateKeyOf(jwk: JWK): RequestKey {
  if (jwk.kid === undefined) throw new TypeError('the key has no kid');
  return { kid: jwk.kid, privateKey: createPrivateKey({ key: { ...jwk }, format: 'jwk' }) };
}

/**
 * Signs a request, and returns the fields to add to it.
 * @param created milliseconds since the epoch
 */
export function signRequest(
  { method, url, headers, body }: Unsigned,
  key: RequestKey,
  created: number = Date.now(),
): Record<string, string> {
  const digest: Record<string, string> = body === undefined ? {} : { 'content-digest': contentDigest(body) };
  const sent = { ...headers, ...digest };
  const { pathname, search } = new URL(url);
  const request = {
    method,
    targetUri: url,
    requestTarget: pathname + search,
    fields: fieldsOf(Object.entries(sent).flat()),
  };
  const covered = requiredOfRequest(method, (field) => sent[field] !== undefined);
  const parameters = new Map<string, string | number>([
    ['created', Math.floor(created / 1000)],
    ['keyid', key.kid],
    ['nonce', randomUUID()],
    ['tag', REQUEST_TAG],
  ]);
  const { fields } = createSignature(LABEL, covered.map(component), parameters, { request }, key.privateKey);
  return { ...digest, ...fields };
}
