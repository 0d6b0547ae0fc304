import { UpstreamError } from '../adapter.ts';
import { JsonError, readStrictJson } from '../values/strict-json.ts';
import { withoutBom } from '../values/unicode.ts';
import { asSource, type Source } from './mapping.ts';

/**
 * Reads a body that must be a JSON object in UTF-8, with or without a byte order mark. `mapping.ts` checks each text where it
 * reads it: one bad text is no reason to refuse a whole page of records.
 * @throws UpstreamError `malformed`
 */
export function readJson(body: Buffer): Source {
  let value: unknown;
  try {
    value = readStrictJson(withoutBom(body)).value;
  } catch (error) {
    throw error instanceof JsonError ? new UpstreamError('malformed', { cause: error.message }) : error;
  }
  return asSource(value, 'body');
}
