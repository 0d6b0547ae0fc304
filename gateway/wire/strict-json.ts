/** JSON of callers, of tokens and of addresses that others chose: strict (`adapters/values/strict-json.ts`), and of texts only. */
import { JsonError, type JsonFault, MAX_DEPTH, readStrictJson } from '../../adapters/values/strict-json.ts';
import type { Violation } from '../problems/problem.ts';
import { checks } from '../problems/sentences/checks.ts';
import type { Sentence } from '../problems/sentences/sentence.ts';
import { textFaults } from './text-faults.ts';

/** @throws JsonError */
export function parseStrictJson(bytes: Buffer): unknown {
  const { value, faults } = readJsonTexts(bytes);
  if (faults.length > 0) throw new JsonError('not_text');
  return value;
}

const NONE: readonly Violation[] = Object.freeze([]);

/** The same, and says of texts that are none where they stand, at most 100 of them. @throws JsonError for all else that is wrong */
export function readJsonTexts(bytes: Buffer): { value: unknown; faults: readonly Violation[] } {
  const { value, isSuspect } = readStrictJson(bytes);
  return { value, faults: isSuspect ? textFaults(value) : NONE };
}

/** What an error says to whoever sent the JSON. */
export const jsonSentences: Readonly<Record<JsonFault, Sentence>> = {
  not_utf8: checks.notUtf8,
  not_json: checks.notJson,
  repeated_name: checks.repeatedName,
  nested_too_deep: checks.nestedDeeper(MAX_DEPTH),
  proto_name: checks.protoName,
  not_text: checks.notText,
};
