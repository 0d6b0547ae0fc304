import { type CallContext, UpstreamError } from '../adapter.ts';
import { readJson } from '../records/json.ts';
import { malformed, type Source, text } from '../records/mapping.ts';
import { count, requireNothingBeside } from '../records/none.ts';
import { readHolding } from '../records/within.ts';
import type { UpstreamResponse } from '../upstream/exchange.ts';
import { requestHeaders } from '../upstream/request-headers.ts';
import { statusError } from '../upstream/status.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { MARKS, NOT_FOUND, refusals } from './mapping.ts';
import type { TokenSource } from './token.ts';

/**
 * Gets a path below `/apiCSDLDKDN/`, with a token.
 * @returns the envelope when it has data, `undefined` when there is none
 * @throws UpstreamError
 */
export type Ask = (
  path: string,
  call: Pick<CallContext, 'requestId' | 'traceparent' | 'deadline'>,
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
      // The token may have ended early: one new token.
      tokens.reject(token);
      response = await send(path, await tokens.get(call.deadline), call);
    }
    if (response.status !== 200) throw statusError(response);
    return readHolding(response.body, MARKS, () => readEnvelope(readJson(response.body)));
  };
}

/**
 * Reads an answer's envelope. Failures come as HTTP 200 with `Status` "0", and only the message distinguishes them. "None" is
 * `Status` "0", one fixed message, `DataCount` 0 or null and no data; in a list also `Status` "1" with an empty `Data` and no
 * message, whose `DataCount` the reader of the list requires to be 0.
 * @throws UpstreamError `refused`, `malformed`
 */
function readEnvelope(envelope: Source): Source | undefined {
  const status = text(envelope.Status, 'Status');
  if (status === '1') {
    if (Array.isArray(envelope.Data) && envelope.Data.length === 0) {
      requireNothingBeside(envelope, ['Status', 'DataCount', 'Data']);
    }
    return envelope;
  }
  if (status !== '0') throw malformed('Status');
  const message = text(envelope.Message, 'Message').normalize();
  if (message === NOT_FOUND) {
    // With this message, a null count means 0; an envelope without the count is not a known one.
    if (envelope.DataCount !== null && count(envelope.DataCount, 'DataCount') !== 0)
      throw malformed('DataCount');
    // Every item of this list is a record, whatever its content.
    if (Array.isArray(envelope.Data) && envelope.Data.length > 0) throw malformed('Data');
    requireNothingBeside(envelope, ['Status', 'DataCount', 'Message']);
    return undefined;
  }
  throw new UpstreamError('refused', { reason: refusals.get(message) ?? 'request_refused' });
}
