/**
 * `application/x-www-form-urlencoded`, read strictly (RFC 6749, 3.2 and appendix B): UTF-8, whole percent escapes, no
 * repeated parameter, no NUL or other forbidden character (`adapters/values/unicode.ts`). A parameter without a value counts
 * as absent.
 */
import { textFault } from '../../../adapters/values/unicode.ts';
import { OAuthError } from '../clients/oauth-error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws OAuthError */
export function parseForm(body: Uint8Array): ReadonlyMap<string, string> {
  const form = new Map<string, string>();
  const seen = new Set<string>();
  try {
    for (const pair of utf8.decode(body).split('&')) {
      if (pair === '') continue;
      const equals = pair.indexOf('=');
      const name = decode(equals < 0 ? pair : pair.slice(0, equals));
      const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
      if (seen.has(name)) throw new OAuthError('invalid_request', 'a parameter is repeated');
      seen.add(name);
      if (value !== '') form.set(name, value);
    }
  } catch (cause) {
    if (cause instanceof OAuthError) throw cause;
    throw new OAuthError('invalid_request', 'the form is not well-formed', { cause });
  }
  return form;
}

function decode(text: string): string {
  const decoded = decodeURIComponent(text.replaceAll('+', ' '));
  if (textFault(decoded)) throw new URIError('no text');
  return decoded;
}
