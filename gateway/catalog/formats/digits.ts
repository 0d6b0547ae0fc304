/** Texts of digits, read by character: linear, and without a regular expression. */
const ZERO = 48;

/** Is every character from `start` to `end` one of 0-9? */
export function digits(text: string, start = 0, end = text.length): boolean {
  if (end > text.length) return false;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index) - ZERO;
    if (code < 0 || code > 9) return false;
  }
  return true;
}

export function digit(text: string, index: number): number {
  return text.charCodeAt(index) - ZERO;
}

export function isUpperLetter(code: number): boolean {
  return code >= 65 && code <= 90;
}
