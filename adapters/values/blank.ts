/** What a registry writes where it has nothing to say: one rule for readers of records and of answers that mean "none". */

/**
 * Does a value hold nothing but spaces, or is it an object without a member? XML that is set out in lines has spaces in empty
 * elements, and an empty element that was converted to JSON may be `{}`.
 */
export function isBlank(value: unknown): boolean {
  if (typeof value === 'string') {
    const first = value.charCodeAt(0);
    // Most texts begin with what is no space of any alphabet.
    return !(first > SPACE && first < NO_BREAK_SPACE) && !/\S/.test(value);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const _ in value) return false;
  return true;
}

const SPACE = 0x20;
const NO_BREAK_SPACE = 0xa0;

/**
 * Is a value empty, an object of which every member says nothing, or a list of nothing but such objects (`[{}]`, as XML without
 * elements is converted)? Any other item of a list is something. Of a list of records whoever reads it counts the items first.
 */
export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || isBlank(value)) return true;
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.every(isHollow) : Object.values(value).every(saysNothing);
}

/** An object in which nothing is said, under whatever name. */
export function isHollow(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && saysNothing(value);
}
