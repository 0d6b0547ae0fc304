const WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3] as const;
const FORM = /^(\d{9})(\d)(-\d{3})?$/;

/**
 * The check digit of the first nine digits of an enterprise code (Circular 86/2024/TT-BTC, article 5):
 * 10 − (Σ weightᵢ · digitᵢ mod 11). Undefined for digits that no code may begin with.
 */
export function checkDigit(digits: string): number | undefined {
  const rest = WEIGHTS.reduce((sum, weight, position) => sum + weight * Number(digits[position]), 0) % 11;
  return rest === 0 || digits.endsWith('0000000') ? undefined : 10 - rest;
}

/** Does a code follow the rule? Whether it belongs to an enterprise does not matter; a dependent unit adds `-001` to `-999`. */
export function isEnterpriseCode(text: string): boolean {
  const match = FORM.exec(text);
  return match !== null && match[3] !== '-000' && checkDigit(match[1]!) === Number(match[2]);
}
