/**
 * Sends one signed POST to an address that a subscriber chose, and returns its outcome as a code. The text of the endpoint's answer is
 * neither logged nor passed on, and the outcome does not reveal the address to which a name resolves.
 *
 * `net/outbound.ts` allows https to public addresses, and to networks that the operator lists. Redirects are not followed: only
 * the endpoint that was verified receives events.
 */
import { once } from 'node:events';
import { type Dispatcher, request } from 'undici';
import { type Outbound, OutboundRefused } from '../../../net/outbound.ts';
import type { Delivery } from '../../../signatures/sign-delivery.ts';

export interface PostParts {
  readonly outbound: Pick<Outbound, 'agent' | 'check' | 'isInside'>;
  /** The request's fields, signed. */
  readonly sign: (delivery: Delivery) => Record<string, string>;
  /** Milliseconds for the whole exchange. */
  readonly timeout: number;
  /** Called with the details of a failure for the operator's log. Subscribers do not receive them. */
  readonly onUnanswered?: (seen: Unanswered) => void;
}

export interface Unanswered {
  readonly subscription: string;
  /** The URL's host. The path may be a secret of its owner. */
  readonly host: string;
  /** A code of Node, OpenSSL or undici (`ECONNREFUSED`, `CERT_HAS_EXPIRED`, `HPE_INVALID_CONSTANT`). */
  readonly cause: string;
}

export type Posted =
  | {
      readonly answered: true;
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** The body's `Content-Encoding`. */
      readonly encoding: string | readonly string[] | undefined;
      readonly body: Buffer;
    }
  | {
      readonly answered: false;
      /** The failure as the subscriber may see it. */
      readonly failure: PostFailure;
      /** The failure as metrics count it. */
      readonly observed: PostFailure;
    };

export const postFailures = ['address_refused', 'timeout', 'no_answer'] as const;

export type PostFailure = (typeof postFailures)[number];

/** The most bytes that the gateway reads and unpacks of an answer. */
export const ANSWER_BYTES = 4096;

/**
 * Never rejects, except when `signal` aborts. Inside a network that is not public, every failure looks the same and comes at the
 * deadline: a port that refuses, is silent, speaks another protocol or has another certificate. Otherwise a subscriber could use
 * the gateway to scan ports there.
 */
export async function post(parts: PostParts, delivery: Delivery, signal: AbortSignal): Promise<Posted> {
  const { outbound, sign, timeout } = parts;
  // Not AbortSignal.any: `signal` lives as long as the leadership, and would hold every delivery until garbage collection.
  const ended = new AbortController();
  const end = () => ended.abort();
  const deadline = setTimeout(end, timeout);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    outbound.check(delivery.url);
    const { statusCode, headers, body } = await request(delivery.url, {
      method: 'POST',
      dispatcher: outbound.agent,
      signal: ended.signal,
      headers: { 'user-agent': 'lienthong', 'accept-encoding': 'identity', ...sign(delivery) },
      body: delivery.body,
    });
    const wanted = headers['retry-after'];
    return {
      answered: true,
      status: statusCode,
      retryAfter: typeof wanted === 'string' ? wanted : undefined,
      encoding: headers['content-encoding'],
      body: await beginningOf(body),
    };
  } catch (error) {
    signal.throwIfAborted();
    const observed = failureOf(error, ended.signal);
    parts.onUnanswered?.({
      subscription: delivery.subscription,
      host: URL.parse(delivery.url)?.host ?? '',
      cause: ended.signal.aborted ? 'deadline' : codeOf(error),
    });
    if (observed === 'address_refused' || !outbound.isInside(delivery.url)) {
      return { answered: false, failure: observed, observed };
    }
    if (!ended.signal.aborted) await once(ended.signal, 'abort');
    signal.throwIfAborted();
    return { answered: false, failure: 'no_answer', observed };
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', end);
  }
}

/** The status decides: a body that is endless, broken or missing does not change the outcome. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > ANSWER_BYTES) break;
    }
  } catch {
    // The body read so far is enough.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES + 1);
}

function failureOf(error: unknown, deadline: AbortSignal): PostFailure {
  if (error instanceof OutboundRefused || (error as Error)?.cause instanceof OutboundRefused)
    return 'address_refused';
  return deadline.aborted || /TIMEOUT/.test(codeOf(error)) ? 'timeout' : 'no_answer';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
