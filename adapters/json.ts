import { isUtf8 } from 'node:buffer';
import { UpstreamError } from './adapter.ts';
import { asSource, type Source } from './mapping.ts';

/**
 * Reads a body that must be a JSON object in UTF-8.
 * @throws UpstreamError `malformed`; the parser's own error quotes the text, so it goes no further
 */
export function readJson(body: Buffer): Source {
  if (!isUtf8(body)) throw new UpstreamError('malformed', { cause: 'not UTF-8' });
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new UpstreamError('malformed', { cause: 'not JSON' });
  }
  return asSource(value, 'body');
}
