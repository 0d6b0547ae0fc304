/**
 * Options of Node's HTTP server on both ports: how long a peer may take, and how much it may send before the gateway
 * checks it. Every value is set here even where it is Node's default, because Node's command-line options
 * (`--max-http-header-size`, `--insecure-http-parser`) change defaults, but not explicit values.
 */
import type { ServerOptions } from 'node:http';

/** Milliseconds until the headers are complete, from the first byte, or from the start of a new connection. */
const HEADERS_TIMEOUT = 10_000;
/** Milliseconds between two checks of time limits: the most by which a slow peer exceeds its limit. */
const CHECK_INTERVAL = 1000;
/** Most bytes of request line and headers together; a token of 16 scopes and a signature take four KiB. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Most header fields of a request; a chain of proxies adds ten or twenty. */
export const MAX_HEADERS = 100;

/**
 * Milliseconds that an idle connection is kept: more than the 60 s of common proxies, so that a proxy closes it first and
 * never sends a call on a connection that the gateway is closing.
 */
const KEEP_ALIVE = 65_000;

/** Milliseconds for a TLS handshake (Node's default: two minutes). */
export const HANDSHAKE_TIMEOUT = 10_000;

/** Milliseconds without a byte in either direction after which a connection is cut off, for callers that do not read. */
const SILENCE = 60_000;
/** Milliseconds by which an answer may exceed its deadline. */
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
    // Its saving is not measurable, and for a reader the body of a request without a length would never end.
    optimizeEmptyRequests: false,
  } satisfies ServerOptions;
}

/**
 * Fastify's options.
 * @param requestTimeout milliseconds until a request has arrived, headers and body
 * @param longestDeadline milliseconds of a contract for its registry, or of a route for an endpoint: the connection is silent
 *   that long
 */
export function timeouts(requestTimeout: number, longestDeadline: number) {
  return {
    requestTimeout,
    connectionTimeout: Math.max(SILENCE, longestDeadline + MARGIN),
    keepAliveTimeout: KEEP_ALIVE,
  };
}
