/**
 * Numbers and truth values that arrive as text, in queries and paths: by JSON's own grammar (RFC 8259, section 6) and no
 * other. What `Number()` takes beside it (`0x10`, ` 5`, `+5`, an empty text) another reader takes for something else.
 */

const INTEGER = /^-?(?:0|[1-9][0-9]*)$/;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** Without fraction and exponent, and exact; `undefined` for any other text. */
export function parseInteger(text: string): number | undefined {
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `undefined` for a text that is no number of JSON, and for one past any. */
export function parseNumber(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

export function parseBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}
