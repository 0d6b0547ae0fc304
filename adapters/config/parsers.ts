/** Parsers of variables, for the rows of `variables.ts`. */
import type { Parse } from './variables.ts';

/** Any text, as it is. */
export const text: Parse<string> = (value) => value;

/** A whole number; `min` when it is none. */
export function integer(min: number, max: number): Parse<number> {
  return (value, report) => {
    const digits = value.trim();
    const number = Number(digits);
    if (/^-?\d+$/.test(digits) && number >= min && number <= max) return number;
    report.fail(`must be a whole number from ${min} to ${max}`);
    return min;
  };
}

/** A whole number of seconds. @returns milliseconds */
export const seconds = (min: number, max: number): Parse<number> => times(1000, integer(min, max));

/** A whole number of hours. @returns milliseconds */
export const hours = (min: number, max: number): Parse<number> => times(3_600_000, integer(min, max));

function times(unit: number, parse: Parse<number>): Parse<number> {
  return (value, report) => parse(value, report) * unit;
}

export const flag: Parse<boolean> = (value, report) => {
  if (value !== 'true' && value !== 'false') report.fail('must be true or false');
  return value === 'true';
};

/** Items between commas, without blanks. */
export const list: Parse<string[]> = (value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** An address without slashes at its end. */
export const httpUrl: Parse<string> = (value, report) => {
  if (!isHttpUrl(value)) {
    report.fail('must be an http or https URL without user, password, query and fragment');
  }
  return value.replace(/\/+$/, '');
};

/** With a user or a password in it, an address would be a secret; a query would be left out of each call. */
export function isHttpUrl(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '' && !/[?#\s]/.test(value);
}

/** Copied with its line break, a secret is another one, and the registry refuses each call. */
export const secret: Parse<string> = (value, report) => {
  if (/^\s|\s$|\p{Cc}/u.test(value)) {
    report.fail('must not begin or end with a blank, nor have a control character');
  }
  return value;
};

/** User of Basic authentication. The text after a colon would be read as the password (RFC 7617, 2). */
export const basicUser: Parse<string> = (value, report) => {
  if (value.includes(':')) report.fail('must not have a colon');
  return secret(value, report);
};

/** The value of a header field (RFC 9110, 5.5): any other is sent with no call. */
export const fieldValue: Parse<string> = (value, report) => {
  if (!isFieldValue(value)) report.fail('must be ASCII without line breaks, and no blanks around it');
  return value;
};

export function isFieldValue(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value) && value.trim() === value;
}
