/** JSON of callers, tokens and remote addresses: strict (`adapters/values/strict-json.ts`), with sound texts only. */
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

/** Also returns where unsound texts are, at most 100 of them. @throws JsonError for every other fault */
export function readJsonTexts(bytes: Buffer): { value: unknown; faults: readonly Violation[] } {
  const { value, isSuspect } = readStrictJson(bytes);
  return { value, faults: isSuspect ? textFaults(value) : NONE };
}

/** The sentence of a fault, for the sender of the JSON. */
export const jsonSentences: Readonly<Record<JsonFault, Sentence>> = {
  not_utf8: checks.notUtf8,
  not_json: checks.notJson,
  repeated_name: checks.repeatedName,
  nested_too_deep: checks.nestedDeeper(MAX_DEPTH),
  proto_name: checks.protoName,
  not_text: checks.notText,
};
