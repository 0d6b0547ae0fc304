/**
 * What Node's HTTP server is told, on both ports: how long a peer may take, and how much it may send before anybody
 * looks at it. Each value is set here even where it is Node's default, because options of Node (`--max-http-header-size`,
 * `--insecure-http-parser`) change defaults, and not what is set.
 */
import type { ServerOptions } from 'node:http';

/** Milliseconds until the headers are complete, from the first byte, or from the start of a new connection. */
const HEADERS_TIMEOUT = 10_000;
/** Milliseconds between two looks at who is late: how much later than its time a slow peer goes. */
const CHECK_INTERVAL = 1000;
/** Bytes of request line and headers together; a token of 16 scopes and a signature take four. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Header fields of a request; a chain of proxies adds ten or twenty. */
export const MAX_HEADERS = 100;

/**
 * Milliseconds that an idle connection is kept: more than the 60 s of common proxies, so that a proxy ends it first, and
 * never sends a call on a connection that we are closing.
 */
const KEEP_ALIVE = 65_000;

/** Milliseconds for a TLS handshake (Node waits two minutes). */
export const HANDSHAKE_TIMEOUT = 10_000;

/** Milliseconds without a byte in either direction after which a connection is cut off: a caller that does not read. */
const SILENCE = 60_000;
/** What an answer may come later than its deadline. */
const MARGIN = 10_000;

/**
 * Options of `http.createServer` and `https.createServer`; Fastify has its own names for those of {@link timeouts}.
 * @param requestTimeout milliseconds until a request has arrived, headers and body
 */
export function parserOptions(requestTimeout: number) {
  return {
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: Math.min(HEADERS_TIMEOUT, requestTimeout),
    connectionsCheckingInterval: CHECK_INTERVAL,
    // What it saves cannot be measured; and the body of a request without a length would never end for a reader.
    optimizeEmptyRequests: false,
  } satisfies ServerOptions;
}

/**
 * Fastify's options.
 * @param requestTimeout milliseconds until a request has arrived, headers and body
 * @param longestDeadline milliseconds that a contract gives its registry, or a route an endpoint: so long nothing moves on the connection
 */
export function timeouts(requestTimeout: number, longestDeadline: number) {
  return {
    requestTimeout,
    connectionTimeout: Math.max(SILENCE, longestDeadline + MARGIN),
    keepAliveTimeout: KEEP_ALIVE,
  };
}
