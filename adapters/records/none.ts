/**
 * Absence. A registry in trouble often answers with a message where its data should be, in an otherwise correct frame. So
 * absence is never inferred from missing data: only the protocol's own word means it, or a list whose count is 0 and which has
 * nothing beside it. Everything else is malformed.
 */
import { saysNothing } from '../values/blank.ts';
import { readMoment } from '../values/rfc3339.ts';
import { malformed, type Reader, type Source, whole } from './mapping.ts';

/** Number of items. */
export const count: Reader<number> = (value, field) => {
  const result = whole(value, field);
  if (result < 0) throw malformed(field);
  return result;
};

/**
 * The items of one part of a page, from a registry that may give fewer at a time than it is asked for: at least one where the
 * list has one. The caller asks until the page is full, and makes sure that no item is repeated or left out.
 * @param left number of items from the part's first on; 0 or less past the end of the list
 * @throws UpstreamError `malformed`
 */
export function readPart(items: unknown, left: number, limit: number, field: string): readonly unknown[] {
  const most = Math.min(limit, Math.max(0, left));
  if (!Array.isArray(items) || items.length > most || (most > 0 && items.length === 0))
    throw malformed(field);
  return items;
}

/**
 * Refuses an answer that means "none" and holds something else, such as a message.
 * @param members names of the members that it may hold; blank members and members that identify the call are allowed as well
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
 * Names, without case and separators, of members that API gateways and log frameworks add to every answer. A member with another
 * name may be a message or an error code.
 */
const OF_THE_CALL = new Set(
  'traceid spanid requestid correlationid transactionid timestamp responsetime elapsed'.split(' '),
);

/** One word. A value of several words is a message, whatever its name. */
const WORD = /^[\x21-\x7e]{1,100}$/;

/** Does a member, or an element, only identify the call: by a number, one word or a moment, with or without an offset? */
export function namesCall(name: string, value: unknown): boolean {
  if (!OF_THE_CALL.has(name.replace(/[_-]/g, '').toLowerCase())) return false;
  if (typeof value !== 'string') return typeof value === 'number';
  const text = value.trim();
  return WORD.test(text) || (readMoment(text) ?? readMoment(`${text}Z`)) !== undefined;
}
