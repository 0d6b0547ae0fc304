/**
 * Numbers that arrive as text, from systems of Việt Nam (`1.234,5`) and of everywhere else (`1,234.5`): by what is written,
 * never by a guess where the system comes from.
 *
 * One sign and three digits after it (`1.500`, `150,000`) part the thousands for one and the fraction for the other, and are
 * no number here. A sign that comes twice parts thousands; one that is followed by fewer digits or more, or follows more
 * digits than a group has, or a zero, parts the fraction. Spaces part thousands and nothing else, so beside them any sign parts
 * the fraction (`1 500`, `1 234,567`).
 */
const PLAIN = /^-?\d{1,20}$/;
const AMBIGUOUS = /^-?[1-9]\d{0,2}[.,]\d{3}$/;
const DECIMAL = /^-?\d{1,20}[.,]\d{1,20}$/;
/** By points, then a comma; and the other way round. */
const GROUPED = /^-?[1-9]\d{0,2}(?:(?:\.\d{3}){2,6}|(?:\.\d{3}){1,6},\d{1,20})$/;

/** By the space of keyboards, the no-break one or the narrow one (U+202F), the same throughout. */
const SPACED = /^-?[1-9]\d{0,2}([ \u00a0\u202f])\d{3}(?:\1\d{3}){0,5}(?:[.,]\d{1,20})?$/;

/** The number that a text says, spaces around it or not; `undefined`: none, or it cannot be said which. */
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
