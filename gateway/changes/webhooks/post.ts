/**
 * One signed POST to an address that a subscriber chose, and what came of it, in fixed words: what the other side says is
 * neither logged nor told, and where a name leads to is nobody's to learn from the gateway.
 *
 * Only by `outbound.ts`: https to public addresses, or to networks that the operator lists. Redirects are not followed: an
 * endpoint that was verified is the one that is told.
 */
import { type Dispatcher, request } from 'undici';
import { type Outbound, OutboundRefused } from '../../outbound.ts';
import type { Delivery } from '../../signatures/sign-delivery.ts';

export interface PostParts {
  readonly outbound: Pick<Outbound, 'agent' | 'check'>;
  /** The request's fields, signed. */
  readonly sign: (delivery: Delivery) => Record<string, string>;
  /** Milliseconds for the whole of it. */
  readonly timeout: number;
}

export type Posted =
  | {
      readonly answered: true;
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly body: Buffer;
    }
  | { readonly answered: false; readonly failure: PostFailure };

export type PostFailure = 'address_refused' | 'timeout' | 'no_answer';

/** Of an answer more is not read. */
const ANSWER_BYTES = 4096;

/**
 * Never rejects, except when `signal` aborts.
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
      headers: { 'user-agent': 'lienthong', ...sign(delivery) },
      body: delivery.body,
    });
    const wanted = headers['retry-after'];
    return {
      answered: true,
      status: statusCode,
      retryAfter: typeof wanted === 'string' ? wanted : undefined,
      body: await beginningOf(body),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { answered: false, failure: failureOf(error, ended.signal) };
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
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return deadline.aborted || /TIMEOUT/.test(code) ? 'timeout' : 'no_answer';
}
