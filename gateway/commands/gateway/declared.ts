/** What an agreement may require of every request under it: declarations in header fields, and a signature of the request. */
import type { JWK } from 'jose';
import type { TokenClient } from '../../client/client.ts';
import { privateKeyOf, signRequest, type Unsigned } from '../../client/sign-request.ts';
import { CommandError } from '../terminal/command.ts';

/** The header field of each option; an agreement's `requiredHeaders` can name no other (a test compares). */
export const declared = { purpose: 'x-purpose', case: 'x-case-id', officer: 'x-officer-id' } as const;

/** Options of every command that asks for something under an agreement, for `parseArgs`. */
export const declaredOptions = {
  purpose: { type: 'string' },
  case: { type: 'string' },
  officer: { type: 'string' },
  sign: { type: 'boolean', default: false },
} as const;

export const declaredUsage = '[--purpose WORD] [--case ID] [--officer ID] [--sign]';

type Declarations = { readonly [option in keyof typeof declared]?: string | undefined };

/** The header fields that say what is declared. */
export function declaredHeaders(values: Declarations): Record<string, string> {
  const rows = Object.entries(declared) as [keyof typeof declared, string][];
  return Object.fromEntries(
    rows.flatMap(([option, name]) => (values[option] ? [[name, values[option]]] : [])),
  );
}

/**
 * Signs requests (RFC 9421) with the system's key.
 * @param sign false: the fields stay as they are
 * @returns from a request to all its fields as they are to be sent
 * @throws CommandError when it is to sign, and the system has no key that is known here
 */
export function signer(
  client: Pick<TokenClient, 'authorise'>,
  privateJwk: JWK | undefined,
  sign: boolean,
): (request: Unsigned) => Promise<Record<string, string>> {
  if (!sign) return async ({ headers }) => ({ ...headers });
  if (!privateJwk) throw new CommandError("--sign needs the system's key as a JWK: --key");
  // The signature names the key in a string of Structured Fields: ASCII (RFC 9651, section 3.3.3).
  if (typeof privateJwk.kid !== 'string' || !/^[ -~]+$/.test(privateJwk.kid)) {
    throw new CommandError(
      '--sign needs a key with a "kid" of ASCII characters: the signature names the key by it',
    );
  }
  const key = privateKeyOf(privateJwk);
  return async (request) => {
    // The signature covers the token, which the client keeps and sends again.
    const { authorization = '' } = await client.authorise(request.method, request.url);
    const headers = { ...request.headers, authorization };
    return { ...headers, ...signRequest({ ...request, headers }, key) };
  };
}
