/**
 * Numbers and booleans that arrive as text, in queries and paths, by JSON's own grammar (RFC 8259, section 6). `Number()`
 * also accepts texts (`0x10`, ` 5`, `+5`, an empty one) that another reader reads differently.
 */

const INTEGER = /^-?(?:0|[1-9][0-9]*)$/;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** A number without fraction and exponent that JavaScript represents exactly; `undefined` for any other text. */
export function parseInteger(text: string): number | undefined {
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `undefined` for a text that is no number of JSON, and for one too large for JavaScript. */
export function parseNumber(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

export function parseBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}
