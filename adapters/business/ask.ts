import { type Call, UpstreamError } from '../adapter.ts';
import type { UpstreamResponse } from '../exchange.ts';
import { readJson } from '../json.ts';
import { malformed, type Source, text } from '../mapping.ts';
import { requestHeaders } from '../request-headers.ts';
import { statusError } from '../status.ts';
import type { Upstream } from '../upstream.ts';
import { NOT_FOUND, refusals } from './mapping.ts';
import type { TokenSource } from './token.ts';

/**
 * Gets a path below `/apiCSDLDKDN/`, with a token.
 * @returns the envelope when it has data, `undefined` when there is none
 * @throws UpstreamError
 */
export type Ask = (
  path: string,
  call: Pick<Call, 'requestId' | 'traceparent' | 'deadline'>,
) => Promise<Source | undefined>;

export function createAsk(upstream: Upstream, tokens: TokenSource): Ask {
  const send = (path: string, token: string, call: Parameters<Ask>[1]): Promise<UpstreamResponse> =>
    upstream.call({
      method: 'GET',
      path: `/apiCSDLDKDN/${path}`,
      headers: ['Authorization', `Bearer ${token}`, 'Accept', 'application/json', ...requestHeaders(call)],
      idempotent: true,
      deadline: call.deadline,
    });
  return async (path, call) => {
    const token = await tokens.get(call.deadline);
    let response = await send(path, token, call);
    if (response.status === 401) {
      // The token may have ended before its time: a new one, once.
      tokens.reject(token);
      response = await send(path, await tokens.get(call.deadline), call);
    }
    if (response.status !== 200) throw statusError(response);
    return readEnvelope(readJson(response.body));
  };
}

/**
 * Failures come as HTTP 200 with `Status` "0", and only the message tells which.
 * @throws UpstreamError `refused`, `malformed`
 */
function readEnvelope(envelope: Source): Source | undefined {
  const status = text(envelope.Status, 'Status');
  if (status === '1') return envelope;
  if (status !== '0') throw malformed('Status');
  const message = text(envelope.Message, 'Message');
  if (message === NOT_FOUND) return undefined;
  throw new UpstreamError('refused', { reason: refusals.get(message) ?? 'request_refused' });
}
