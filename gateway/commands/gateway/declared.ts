/** The parts of a request that an agreement may require: circumstances in header fields, and a signature. */
import type { JWK } from 'jose';
import { type Circumstance, circumstances } from '../../circumstances/circumstances.ts';
import type { TokenClient } from '../../client/client.ts';
import { privateKeyOf, signRequest, type Unsigned } from '../../client/sign-request.ts';
import { CommandError } from '../terminal/command.ts';

type Option = Circumstance['option'];

/** One option for each circumstance, for `readOptions`. */
export const circumstanceOptions = Object.fromEntries(
  circumstances.map(({ option }) => [option, { type: 'string' }]),
) as { readonly [option in Option]: { readonly type: 'string' } };

export const circumstanceUsage = circumstances
  .map(({ option, argument }) => `[--${option} ${argument}]`)
  .join(' ');

/** Options of every command whose requests need an agreement. */
export const declaredOptions = {
  ...circumstanceOptions,
  sign: { type: 'boolean', default: false },
} as const;

export const declaredUsage = `${circumstanceUsage} [--sign]`;

/** The header fields of the given options. An empty option declares nothing. */
export function declaredHeaders(
  values: { readonly [option in Option]?: string | undefined },
): Record<string, string> {
  return Object.fromEntries(
    circumstances.flatMap(({ option, field }) => (values[option] ? [[field, values[option]]] : [])),
  );
}

/**
 * Signs requests (RFC 9421) with the system's key.
 * @param sign false: the fields are left unchanged
 * @returns a function from a request to all its fields, ready to be sent
 * @throws CommandError when it must sign, and the system's key is not known
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
