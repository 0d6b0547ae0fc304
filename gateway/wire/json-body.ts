/** A JSON body, read strictly: a body that can be read in two ways is a malformed request. */
import { JsonError } from '../../adapters/values/strict-json.ts';
import { withoutBom } from '../../adapters/values/unicode.ts';
import { Problem, type Violation } from '../problems/problem.ts';
import { jsonSentences, readJsonTexts } from './strict-json.ts';

/** A body, as received and as read. Evidence digests the bytes. */
export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: unknown;
  /** Texts that are no Unicode; filled only for a route that checks the parts of its body one by one. */
  readonly faults: readonly Violation[];
}

/**
 * @param passFaults the caller MUST refuse the parts that `faults` names
 * @throws Problem `malformed_json`, `contract_violation` for texts that are no Unicode; details never quote the body
 */
export function readJsonBody(bytes: Buffer, { passFaults = false } = {}): JsonBody {
  try {
    const { value, faults } = readJsonTexts(withoutBom(bytes));
    if (faults.length > 0 && !passFaults) throw new Problem('contract_violation', { errors: faults });
    return { bytes, value, faults };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new Problem('malformed_json', { errors: [jsonSentences[error.fault]] });
  }
}
