/** A JSON body, read strictly: what cannot be read in one way only is a malformed request. */
import { JsonError } from '../../adapters/values/strict-json.ts';
import { withoutBom } from '../../adapters/values/unicode.ts';
import { Problem, type Violation } from '../problems/problem.ts';
import { jsonSentences, readJsonTexts } from './strict-json.ts';

/** A body as it arrived and as it was read. Evidence digests the bytes. */
export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: unknown;
  /** Texts that are no Unicode, the first of them; only where a route judges the parts of its body one by one. */
  readonly faults: readonly Violation[];
}

/**
 * @param passFaults whoever reads the body MUST refuse what `faults` names
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
