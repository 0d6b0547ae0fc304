import { digits, isUpperLetter } from './digits.ts';

const ZERO = 48;
const OLD_AGENCY_PREFIX = '000.00.00.';

/**
 * `agency-code` (QCVN 102:2016): a letter and two digits, then any number of parts of two or three letters or
 * digits, at most 35 characters: `G12`, `H29.01.02`. The old form `000.00.00.G22` is accepted.
 */
export function isAgencyCode(text: string): boolean {
  if (text.length > 35) return false;
  const [root = '', ...units] = normaliseAgencyCode(text).split('.');
  return (
    root.length === 3 &&
    isUpperLetter(root.charCodeAt(0)) &&
    digits(root, 1) &&
    units.every((unit) => (unit.length === 2 || unit.length === 3) && isUpperAlphanumeric(unit))
  );
}

/** `000.00.00.G22` → `G22`; any other text stays as it is. */
export function normaliseAgencyCode(text: string): string {
  return text.startsWith(OLD_AGENCY_PREFIX) ? text.slice(OLD_AGENCY_PREFIX.length) : text;
}

function isUpperAlphanumeric(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (!isUpperLetter(code) && (code < ZERO || code > ZERO + 9)) return false;
  }
  return true;
}
