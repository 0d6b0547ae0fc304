/**
 * Which changes of a schema break its users, by the direction of the data.
 *
 *                        a request: the caller writes              an answer: the caller reads
 *   property removed     breaks: it is refused now                 breaks: it is missing now
 *   property added       breaks if required                        does not
 *   became required      breaks                                    does not
 *   type                 breaks if one is removed                  breaks if one is added: no reader expects it
 *   values (enum)        breaks if one is removed                  reported: a reader may not know the new one
 *   bounds, formats      breaks if narrower or new                 does not; a longer value is reported
 *   conditions           breaks: "narrower" is undecidable         does not
 *                        (except for alternatives.ts)
 *
 * Answers leave the gateway minimised, so no reader may rely on `required` there.
 */
import { takesAllFromBefore } from './alternatives.ts';
import type { Constraints, ConstraintsByPath } from './schema.ts';

export type Direction = 'request' | 'answer';

export interface SchemaChange {
  /** RFC 6901 with `*` for items. */
  readonly path: string;
  readonly message: string;
  readonly breaks: boolean;
}

/** Every change that concerns a user, in the order of the paths. */
export function compareSchemas(
  before: ConstraintsByPath,
  after: ConstraintsByPath,
  direction: Direction,
): SchemaChange[] {
  const changes: SchemaChange[] = [];
  const report = (path: string, message: string, breaks: boolean) => changes.push({ path, message, breaks });
  for (const [path, old] of before) {
    const now = after.get(path);
    // Parts below a removed one are not reported.
    const keeps = (oneOf: string) => takesAllFromBefore(before, path, oneOf);
    if (now) comparePlaces(old, now, direction, keeps, (message, breaks) => report(path, message, breaks));
    else if (path === '' || after.has(parentOf(path))) report(path, 'is removed', true);
  }
  for (const [path, now] of after) {
    if (before.has(path) || !before.has(parentOf(path))) continue;
    const required = now.required && direction === 'request';
    report(path, required ? 'is new and required' : 'is new', required);
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

type Report = (message: string, breaks: boolean) => void;

function comparePlaces(
  old: Constraints,
  now: Constraints,
  direction: Direction,
  keeps: (oneOf: string) => boolean,
  report: Report,
): void {
  const isRequest = direction === 'request';
  compareTypes(old, now, isRequest, report);
  compareValues(old, now, isRequest, report);
  if (old.required !== now.required && isRequest)
    report(now.required ? 'is required now' : 'is no longer required', now.required);
  if (isRequest && old.open && !now.open) report('takes no further properties now', true);
  for (const name of new Set([...old.bounds.keys(), ...now.bounds.keys()])) {
    compareBound(name, old.bounds.get(name), now.bounds.get(name), isRequest, report);
  }
  for (const name of new Set([...old.texts.keys(), ...now.texts.keys()])) {
    const [was, is] = [old.texts.get(name), now.texts.get(name)];
    if (was === is) continue;
    const harmless = was === undefined && name === 'oneOf' && keeps(is!);
    if (was === undefined) report(`${name} is new: ${short(is!)}`, isRequest && !harmless);
    else if (is === undefined) report(`${name} is gone: ${short(was)}`, false);
    else report(`${name} was ${short(was)} and is ${short(is)}`, isRequest || name === 'format');
  }
}

function compareTypes(old: Constraints, now: Constraints, isRequest: boolean, report: Report): void {
  const [was, is] = [spread(old.types), spread(now.types)];
  const gone = [...was].filter((type) => !is.has(type));
  const added = [...is].filter((type) => !was.has(type));
  if (gone.length === 0 && added.length === 0) return;
  const message = `type was ${nameOf(old.types)} and is ${nameOf(now.types)}`;
  report(message, isRequest ? gone.length > 0 : added.length > 0);
}

const everyType = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** A schema without `type` allows every type, and every integer is a number. */
function spread(types: ReadonlySet<string>): Set<string> {
  if (types.size === 0) return new Set(everyType);
  return new Set([...types].flatMap((type) => (type === 'number' ? ['number', 'integer'] : [type])));
}

function nameOf(types: ReadonlySet<string>): string {
  return types.size === 0 ? 'anything' : [...types].sort().join(' or ');
}

function compareValues(old: Constraints, now: Constraints, isRequest: boolean, report: Report): void {
  const [was, is] = [old.values, now.values];
  if (was && is) {
    const [gone, added] = [was.difference(is), is.difference(was)];
    if (gone.size > 0) report(`no longer allows ${[...gone].join(', ')}`, isRequest);
    if (added.size > 0) report(`allows ${[...added].join(', ')} now`, false);
  } else if (is) {
    report(`allows only ${[...is].join(', ') || 'nothing'} now`, isRequest);
  } else if (was) {
    report('allows any value now', false);
  }
}

function compareBound(
  name: string,
  was: number | undefined,
  is: number | undefined,
  isRequest: boolean,
  report: Report,
): void {
  if (was === is) return;
  const upper = /^(max|exclusiveMax)/.test(name);
  const narrower = is !== undefined && (was === undefined || (upper ? is < was : is > was));
  if (was === undefined) report(`${name} is new: ${is}`, isRequest && narrower);
  else if (is === undefined) report(`${name} is gone: ${was}`, false);
  else report(`${name} was ${was} and is ${is}`, isRequest && narrower);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
