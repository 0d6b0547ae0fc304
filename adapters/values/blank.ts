/** Blank values of registries: one rule for readers of records and for answers that mean "none". */

/**
 * Is a value a text of spaces only, or an object without members? Indented XML has spaces in empty elements, and an empty element
 * converted to JSON may be `{}`.
 */
export function isBlank(value: unknown): boolean {
  if (typeof value === 'string') {
    const first = value.charCodeAt(0);
    // Most texts begin with a character that is no white space in any alphabet.
    return !(first > SPACE && first < NO_BREAK_SPACE) && !/\S/.test(value);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const _ in value) return false;
  return true;
}

const SPACE = 0x20;
const NO_BREAK_SPACE = 0xa0;

/**
 * Is a value empty, an object of which every member says nothing, or a list of nothing but such objects (`[{}]`, as converters
 * write XML without elements)? Any other item of a list says something. Readers of lists of records count the items first.
 */
export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || isBlank(value)) return true;
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.every(isHollow) : Object.values(value).every(saysNothing);
}

/** An object whose members all say nothing, under any name. */
export function isHollow(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && saysNothing(value);
}
