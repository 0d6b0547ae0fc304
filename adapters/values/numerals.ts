/**
 * Numbers that arrive as text, from Vietnamese systems (`1.234,5`) and from others (`1,234.5`). The notation decides, never a
 * guess about the system.
 *
 * One separator followed by three digits (`1.500`, `150,000`) means thousands in one notation and a fraction in the other, so it
 * is refused. A separator that occurs twice marks thousands. A separator marks the fraction when fewer or more than three digits
 * follow it, or when more than three digits, or a zero, precede it. Spaces mark thousands only, so a separator beside them marks
 * the fraction (`1 500`, `1 234,567`).
 */
const PLAIN = /^-?\d{1,20}$/;
const AMBIGUOUS = /^-?[1-9]\d{0,2}[.,]\d{3}$/;
const DECIMAL = /^-?\d{1,20}[.,]\d{1,20}$/;
/** Thousands by points and the fraction by a comma; `swap` covers the opposite notation. */
const GROUPED = /^-?[1-9]\d{0,2}(?:(?:\.\d{3}){2,6}|(?:\.\d{3}){1,6},\d{1,20})$/;

/** Thousands by one kind of space throughout: the plain, the no-break or the narrow one (U+202F). */
const SPACED = /^-?[1-9]\d{0,2}([ \u00a0\u202f])\d{3}(?:\1\d{3}){0,5}(?:[.,]\d{1,20})?$/;

/** The number in a text, with or without spaces around it; `undefined`: no number, or an ambiguous one. */
export function readNumeral(text: string): number | undefined {
  const numeral = text.trim();
  if (PLAIN.test(numeral)) return Number(numeral);
  if (AMBIGUOUS.test(numeral)) return undefined;
  if (DECIMAL.test(numeral)) return Number(numeral.replace(',', '.'));
  for (const written of [numeral, swap(numeral)]) {
    if (GROUPED.test(written)) return Number(written.replaceAll('.', '').replace(',', '.'));
  }
  if (SPACED.test(numeral)) return Number(numeral.replaceAll(/[ \u00a0\u202f]/g, '').replace(',', '.'));
  return undefined;
}

/** Points as commas, commas as points. */
function swap(text: string): string {
  return text.replaceAll(/[.,]/g, (sign) => (sign === '.' ? ',' : '.'));
}
