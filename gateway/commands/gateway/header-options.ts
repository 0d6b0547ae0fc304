/**
 * Options whose values become header fields. Each is checked by the rules of its field before anything is sent: a letter outside
 * Latin-1 or a line end would otherwise fail inside `fetch`, after a token was issued. The messages are the gateway's own.
 */

import { type Circumstance, circumstances } from '../../circumstances/circumstances.ts';
import { readCircumstance } from '../../circumstances/read-circumstances.ts';
import { readIdempotencyKey } from '../../exchange/input/idempotency-key.ts';
import { Problem } from '../../problems/problem.ts';
import { CommandError } from '../terminal/command.ts';

type Check = (value: string) => unknown;

/** By option: throws `Problem` or `CommandError` for a value that its field cannot have. */
const others = {
  'idempotency-key': (value: string) => readIdempotencyKey({ 'idempotency-key': value }),
  language: checkLanguage,
} satisfies Readonly<Record<string, Check>>;

type Option = Circumstance['option'] | keyof typeof others;

/** The values of such options; a command may have any of them. */
export type HeaderOptions = { readonly [option in Option]?: string | undefined };

const checks: readonly (readonly [Option, Check])[] = [
  ...circumstances.map((row) => [row.option, (value: string) => declare(row, value)] as const),
  ...(Object.entries(others) as [keyof typeof others, Check][]),
];

/** An empty option declares nothing: no header is sent. */
function declare(row: Circumstance, value: string): void {
  if (value !== '') readCircumstance({ [row.field]: value }, row);
}

/** @throws CommandError that names the option; its value is not quoted */
export function checkHeaderOptions(values: HeaderOptions): void {
  for (const [option, check] of checks) {
    const value = values[option];
    if (value === undefined) continue;
    try {
      check(value);
    } catch (error) {
      const detail = error instanceof Problem ? error.members.errors?.[0]?.detail : undefined;
      throw detail === undefined ? error : new CommandError(`--${option} ${detail}`);
    }
  }
}

/** `Accept-Language` (RFC 9110, section 12.5.4): one language or several, with their weights. */
function checkLanguage(value: string): void {
  if (!/^[A-Za-z0-9*][A-Za-z0-9*,;=. -]{0,99}$/.test(value)) {
    throw new CommandError('--language must be a language, such as vi or en');
  }
}
