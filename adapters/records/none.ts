/**
 * What says that there is none. A registry in trouble often answers with a message where its data should be, in a frame that is
 * otherwise right. So absence is never inferred from what is missing: only the protocol's own word means it, or a list whose
 * count is 0 and which has nothing beside it. Everything else is malformed.
 */
import { saysNothing } from '../values/blank.ts';
import { readMoment } from '../values/rfc3339.ts';
import { malformed, type Reader, type Source, whole } from './mapping.ts';

/** How many there are. */
export const count: Reader<number> = (value, field) => {
  const result = whole(value, field);
  if (result < 0) throw malformed(field);
  return result;
};

/**
 * The items of a part of a page, from a registry that may give fewer at a time than it is asked for: one at least where there is
 * one. Whoever reads it asks on until the page is full, and sees to it that no item comes twice, or is left out.
 * @param left how many there are from the part's first on; not above 0 past the end
 * @throws UpstreamError `malformed`
 */
export function readPart(items: unknown, left: number, limit: number, field: string): readonly unknown[] {
  const most = Math.min(limit, Math.max(0, left));
  if (!Array.isArray(items) || items.length > most || (most > 0 && items.length === 0))
    throw malformed(field);
  return items;
}

/**
 * Holds an answer that means "none" to holding nothing else, such as a message.
 * @param members what it may hold; blank ones besides are as good as left out, and so are those that name the call
 * @throws UpstreamError `malformed`
 */
export function requireNothingBeside(answer: Source, members: readonly string[]): void {
  for (const name in answer) {
    const value = answer[name];
    // The name is the registry's text: it goes into no error.
    if (!members.includes(name) && !saysNothing(value) && !namesCall(name, value))
      throw malformed('beside nothing');
  }
}

/**
 * Names, without case and separators, of what gateways and log frameworks add to every answer. Anything else may be a message, or a
 * code of an error: which other names are harmless nobody can tell.
 */
const OF_THE_CALL = new Set(
  'traceid spanid requestid correlationid transactionid timestamp responsetime elapsed'.split(' '),
);

/** One word: what is said in words is a message, whatever it is called. */
const WORD = /^[\x21-\x7e]{1,100}$/;

/** Does a member, or an element, name the call and nothing else? By a number, one word or a moment, also one without its offset. */
export function namesCall(name: string, value: unknown): boolean {
  if (!OF_THE_CALL.has(name.replace(/[_-]/g, '').toLowerCase())) return false;
  if (typeof value !== 'string') return typeof value === 'number';
  const text = value.trim();
  return WORD.test(text) || (readMoment(text) ?? readMoment(`${text}Z`)) !== undefined;
}
