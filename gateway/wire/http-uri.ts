/**
 * A URI by the grammar of RFC 3986, and its normal form (6.2.2 and 6.2.3), by which `htu` is compared (RFC 9449, 4.3).
 *
 * `URL` cannot do this: WHATWG's parser repairs texts that are no URI (`https:\\host`, `https:host`, tabs, blanks, letters
 * outside ASCII, `127.1`), and another reader may not take two texts for the same address that it does.
 */
import { isIPv6 } from 'node:net';

const PCT = '%[0-9A-Fa-f]{2}';
/** `unreserved` and `sub-delims` (2.3, 2.2). */
const PLAIN = "[A-Za-z0-9\\-._~!$&'()*+,;=]";
/** `pchar` (3.3), and `/`. */
const PATH_CHARACTER = `(?:${PLAIN}|[:@/]|${PCT})`;

/**
 * `http` or `https`, with a host, without user (RFC 9110, 4.2). No two alternatives start alike, so it cannot backtrack.
 * Groups: scheme, IP literal, name or IPv4 address, port, path.
 */
const HTTP_URI = new RegExp(
  `^(https?)://(?:\\[([0-9A-Fa-f:.]+)\\]|((?:${PLAIN}|${PCT})+))(?::([0-9]*))?((?:/${PATH_CHARACTER}*)?)` +
    `(?:\\?(?:${PATH_CHARACTER}|\\?)*)?(?:#(?:${PATH_CHARACTER}|\\?)*)?$`,
  'i',
);

const MAX_LENGTH = 4096;
const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** The normal form of an http address, without query and fragment. `undefined`: the text is no such address. */
export function normaliseHttpUri(text: string): string | undefined {
  const match = text.length <= MAX_LENGTH ? HTTP_URI.exec(text) : null;
  if (!match) return undefined;
  const [, givenScheme = '', literal, name = '', port = '', path = ''] = match;
  if (literal !== undefined && !isIPv6(literal)) return undefined;
  const scheme = givenScheme.toLowerCase();
  const host = literal === undefined ? normaliseHost(name) : `[${literal.toLowerCase()}]`;
  const authority = port === '' || port === defaultPorts[scheme] ? host : `${host}:${port}`;
  return `${scheme}://${authority}${removeDotSegments(normaliseEscapes(path)) || '/'}`;
}

/** Letters in lower case, the digits of escapes in upper case (6.2.2.1). */
function normaliseHost(name: string): string {
  return normaliseEscapes(normaliseEscapes(name).toLowerCase());
}

/** Writes an unreserved character as itself, every other escape in upper case (6.2.2.1, 6.2.2.2). */
function normaliseEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%[0-9A-Fa-f]{2}/g, (written) => {
    const character = String.fromCharCode(Number.parseInt(written.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : written.toUpperCase();
  });
}

/** RFC 3986, 5.2.4, for a path that is empty or begins with `/`. */
function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const segments = path.split('/').slice(1);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const last = segments.at(-1);
  if (last === '.' || last === '..') kept.push('');
  return `/${kept.join('/')}`;
}
