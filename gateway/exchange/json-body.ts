/** A JSON body, read strictly: what cannot be read in one way only is a malformed request. */
import { Problem } from '../errors.ts';
import { JsonError, parseStrictJson } from '../strict-json.ts';

/** A body as it arrived and as it was read. Evidence digests the bytes. */
export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: unknown;
}

/** @throws Problem `malformed_json`; its detail never quotes the body */
export function readJsonBody(bytes: Buffer): JsonBody {
  try {
    return { bytes, value: parseStrictJson(bytes) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new Problem('malformed_json', { errors: [error.sentence] });
  }
}
