/**
 * `Accept-Signature` (RFC 9421, 5): the gateway asks for signed requests by it, and callers ask for signed responses.
 *
 * The gateway grants a wish that covers at least the response's status and content, and nothing outside the gateway's own
 * set of components. It ignores other wishes, as the RFC allows, and signs its own set.
 */
import { type Item, type Parameters, serializeDictionary } from 'structured-headers';
import { identity } from './format/base.ts';
import { isInnerListOfStrings, readDictionary } from './format/dictionary.ts';
import {
  component,
  LABEL,
  nonceShape,
  ownCovered,
  REQUEST_TAG,
  RESPONSE_TAG,
  requiredOfRequest,
} from './policy.ts';

/** The field by which a refusal asks for a signed request. @param isThere does the request have a field of this name? */
export function requestSignatureWanted(method: string, isThere: (field: string) => boolean): string {
  const covered = requiredOfRequest(method, isThere).map(component);
  return serializeDictionary(
    new Map([
      [
        LABEL,
        [
          covered,
          new Map<string, string | true>([
            ['created', true],
            ['tag', REQUEST_TAG],
          ]),
        ],
      ],
    ]),
  );
}

/**
 * The field by which a request asks for the gateway's own set of components.
 * @param withContent whether the request has content, and its digest
 * @param signed whether it is signed, under the gateway's label
 */
export function acceptSignature(withContent: boolean, signed: boolean): string {
  const covered = ownCovered({ content: withContent, label: signed ? LABEL : undefined });
  return serializeDictionary(
    new Map([
      [
        LABEL,
        [
          covered,
          new Map<string, string | true>([
            ['created', true],
            ['tag', RESPONSE_TAG],
          ]),
        ],
      ],
    ]),
  );
}

/** A signature that a caller asks for and the gateway can make. */
export interface Wish {
  readonly label: string;
  readonly covered: readonly Item[];
  readonly nonce: string | undefined;
  /** Stated in the signature when the wish has the parameter. */
  readonly alg: string | undefined;
}

/** More members than this are not looked at. */
const MAX_MEMBERS = 4;
const leastCovered = ['"@status"', '"content-digest"'];

/**
 * The first wish that can be granted.
 * @param lines of the field
 * @param own components that the gateway signs without a wish
 */
export function grantableWish(
  lines: readonly string[],
  own: readonly Item[],
  key: { readonly keyid: string; readonly alg: string },
): Wish | undefined {
  if (lines.length === 0) return undefined;
  let wishes: ReturnType<typeof readDictionary>;
  try {
    wishes = readDictionary(lines);
  } catch {
    return undefined;
  }
  const signable = new Set(own.map(identity));
  for (const [label, member] of [...wishes].slice(0, MAX_MEMBERS)) {
    if (!isInnerListOfStrings(member)) continue;
    const [covered, parameters] = member;
    const names = covered.map(identity);
    const fits =
      new Set(names).size === names.length &&
      names.every((name) => signable.has(name)) &&
      leastCovered.every((name) => names.includes(name)) &&
      areGrantable(parameters, key);
    if (!fits) continue;
    const nonce = parameters.get('nonce') as string | undefined;
    return { label, covered, nonce, alg: parameters.has('alg') ? key.alg : undefined };
  }
  return undefined;
}

/** 5.1, without `expires`: a response must prove its content for years, so the gateway's signatures do not expire. */
function areGrantable(
  parameters: Parameters,
  key: { readonly keyid: string; readonly alg: string },
): boolean {
  const allowed: Readonly<Record<string, (value: unknown) => boolean>> = {
    created: (value) => value === true,
    nonce: (value) => typeof value === 'string' && nonceShape.test(value),
    keyid: (value) => value === key.keyid,
    alg: (value) => value === key.alg,
    tag: (value) => value === RESPONSE_TAG,
  };
  return [...parameters].every(([name, value]) => Object.hasOwn(allowed, name) && allowed[name]!(value));
}
