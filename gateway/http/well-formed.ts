/**
 * Refuses requests that Node's parser accepts and another server on the way might read
 * differently (RFC 9112). The connection of such a request ends.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Problem } from '../problems/problem.ts';
import { hasStrictLine } from './connections/request-line.ts';
import { MAX_HEADERS } from './connections/server-options.ts';

/** Node keeps the first of these fields and drops the others; a proxy may have evaluated another one. */
const ONCE: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type', 'transfer-encoding']);

/** Characters that no host and port may have (RFC 9110, section 7.2). */
const NO_HOST = /[^\w.:[\]~%!$&'()*+;=-]/;

/**
 * Characters that no URI may have (RFC 3986, section 2), and the fragment, which stays with the client (RFC 9112, 3.2).
 * Characters that WHATWG's URLs, and so browsers and `fetch`, leave unescaped in a query are allowed.
 */
const NO_TARGET = /["<>\\#]/;

/** The only expectation that HTTP defines (RFC 9110, section 10.1.1). */
const CONTINUE = '100-continue';

/** @returns the reason to refuse `request`, if any: 400 or 431. MUST be called once for each request */
export function illFormed(request: IncomingMessage): Problem | undefined {
  const { rawHeaders, url = '', headers } = request;
  // Node also reads HTTP/0.9, and `HTTP/2.0` as if it were 1.1.
  if (request.httpVersionMajor !== 1) return new Problem('malformed_request');
  if (!hasStrictLine(request)) return new Problem('malformed_request');
  if (rawHeaders.length > 2 * MAX_HEADERS) return new Problem('header_too_large');
  // The absolute form is for proxies, `*` and the authority form for methods without a route here (RFC 9112, 3.2).
  if (!url.startsWith('/') || NO_TARGET.test(url)) return new Problem('malformed_request');
  if (headers.host !== undefined && NO_HOST.test(headers.host)) return new Problem('malformed_request');
  // One coding only, and none in HTTP/1.0: a server that reads otherwise sees another end of the body (RFC 9112, 6.1).
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || request.httpVersionMinor === 0)) {
    return new Problem('malformed_request');
  }
  return repeats(rawHeaders) ? new Problem('malformed_request') : undefined;
}

/** Does the caller expect something that HTTP does not define? */
export function expectsUnknown({ headers: { expect } }: IncomingMessage): boolean {
  return expect !== undefined && expect.toLowerCase() !== CONTINUE;
}

/** Does the caller withhold its body until the server asks for it? HTTP/1.0 has no such expectation (RFC 9110, 10.1.1). */
export function awaitsContinue({ headers: { expect }, httpVersionMinor }: IncomingMessage): boolean {
  return expect !== undefined && httpVersionMinor > 0;
}

/**
 * Is `target` text in percent-encoded UTF-8? Other bytes (a lone byte, an overlong form, half a surrogate) would be
 * looked up as they are written.
 */
export function unreadableTarget(target: string): Problem | undefined {
  if (!target.includes('%')) return undefined;
  try {
    decodeURIComponent(target);
    return undefined;
  } catch {
    return new Problem('malformed_request');
  }
}

/**
 * The gateway never unpacks a body, so a small body cannot become a large one. 415, with the accepted encoding
 * (RFC 9110, section 15.5.16).
 */
export function encodedBody({ 'content-encoding': encoding }: IncomingHttpHeaders): Problem | undefined {
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return undefined;
  return new Problem('unsupported_media_type', { headers: { 'accept-encoding': 'identity' } });
}

function repeats(rawHeaders: readonly string[]): boolean {
  let seen: Set<string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    // Skips most names by their length.
    if (name.length !== 4 && name.length !== 12 && name.length !== 13 && name.length !== 17) continue;
    const field = name.toLowerCase();
    if (!ONCE.has(field)) continue;
    if (seen?.has(field)) return true;
    seen ??= new Set();
    seen.add(field);
  }
  return false;
}
