/** Texts of a JSON value that are no Unicode, or have a NUL (`adapters/values/unicode.ts`), each with its JSON Pointer. */
import { type TextFault, textFault } from '../../adapters/values/unicode.ts';
import type { Violation } from '../problems/problem.ts';
import { checks } from '../problems/sentences/checks.ts';
import type { Sentence } from '../problems/sentences/sentence.ts';
import { safeName } from '../problems/violations.ts';

/** Enough to repair a request; a hostile caller gets no more. */
const MOST = 100;

const sentences: Readonly<Record<TextFault, Sentence>> = {
  nul: checks.nul,
  surrogate: checks.halfSurrogate,
  noncharacter: checks.noncharacter,
};

/**
 * The first faults of a JSON value, at most 100; names of members count as texts.
 * @param value with bounded nesting
 * @param base JSON Pointer of the value (`/changes/17`)
 */
export function textFaults(value: unknown, base = ''): Violation[] {
  const faults: Violation[] = [];
  find(value, base, faults);
  return faults;
}

/** Describes the fault of one text without quoting it. */
export function faultOf(text: string): Sentence | undefined {
  const fault = textFault(text);
  return fault && sentences[fault];
}

function find(value: unknown, pointer: string, faults: Violation[]): void {
  if (faults.length >= MOST) return;
  if (typeof value === 'string') note(value, pointer, faults);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) find(item, `${pointer}/${index}`, faults);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const at = `${pointer}/${safeName(name)}`;
      note(name, at, faults);
      find(member, at, faults);
    }
  }
}

function note(text: string, pointer: string, faults: Violation[]): void {
  const fault = faultOf(text);
  if (fault) faults.push({ pointer, ...fault });
}
