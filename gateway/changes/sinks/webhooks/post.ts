/**
 * One signed POST to an address that a subscriber chose, and what came of it, in fixed words: what the other side says is
 * neither logged nor told, and where a name leads to is nobody's to learn from the gateway.
 *
 * Only by `net/outbound.ts`: https to public addresses, or to networks that the operator lists. Redirects are not followed: an
 * endpoint that was verified is the one that is told.
 */
import { once } from 'node:events';
import { type Dispatcher, request } from 'undici';
import { type Outbound, OutboundRefused } from '../../../net/outbound.ts';
import type { Delivery } from '../../../signatures/sign-delivery.ts';

export interface PostParts {
  readonly outbound: Pick<Outbound, 'agent' | 'check' | 'isInside'>;
  /** The request's fields, signed. */
  readonly sign: (delivery: Delivery) => Record<string, string>;
  /** Milliseconds for the whole of it. */
  readonly timeout: number;
  /** For the operator: what subscribers do not receive. */
  readonly onUnanswered?: (seen: Unanswered) => void;
}

export interface Unanswered {
  readonly subscription: string;
  /** Without the path, which may be a secret of its owner. */
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
      /** For the subscriber. */
      readonly failure: PostFailure;
      /** For metrics. */
      readonly observed: PostFailure;
    };

export const postFailures = ['address_refused', 'timeout', 'no_answer'] as const;

export type PostFailure = (typeof postFailures)[number];

/** Of an answer more is not read, nor unpacked. */
export const ANSWER_BYTES = 4096;

/**
 * Never rejects, except when `signal` aborts. Inside a network that is not public, whatever is no answer is one failure
 * and comes at the deadline: a port that refuses, one that is silent, one that speaks something else or has another
 * certificate. Otherwise subscriptions would be a way to find out which ports are open there.
 * @param signal ends it at once
 */
export async function post(parts: PostParts, delivery: Delivery, signal: AbortSignal): Promise<Posted> {
  const { outbound, sign, timeout } = parts;
  // Not AbortSignal.any: `signal` lives as long as the leadership, and would know of every delivery until it is collected.
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

/** The status counts; a body that is endless, broken or never comes does not change it. */
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
    // told by what is missing
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
