/**
 * Options whose values become header fields. Each is held to what its field may be before anything is sent: a letter outside
 * Latin-1 or a line end in it would else fail inside `fetch`, after a token was asked for. The words are those of the gateway's
 * own refusal.
 */

import { type declaredForms, declaredHeader } from '../../exchange/input/declared-header.ts';
import { readIdempotencyKey } from '../../exchange/input/idempotency-key.ts';
import { Problem } from '../../problems/problem.ts';
import { CommandError } from '../terminal/command.ts';
import { declared } from './declared.ts';

/** The values of such options, of whichever a command has. */
export type HeaderOptions = { readonly [option in keyof typeof checks]?: string | undefined };

const declaration = (name: keyof typeof declaredForms) => (value: string) =>
  declaredHeader({ [name]: value }, name);

/** By option: throws `Problem` or `CommandError` for a value that its field cannot have. */
const checks = {
  purpose: declaration(declared.purpose),
  case: declaration(declared.case),
  officer: declaration(declared.officer),
  'idempotency-key': (value: string) => readIdempotencyKey({ 'idempotency-key': value }),
  language: checkLanguage,
};

/** @throws CommandError that names the option; its value is not quoted */
export function checkHeaderOptions(values: HeaderOptions): void {
  for (const option of Object.keys(checks) as (keyof typeof checks)[]) {
    const value = values[option];
    // An empty declaration is none: it is not sent.
    if (value === undefined || (value === '' && option in declared)) continue;
    try {
      checks[option](value);
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
