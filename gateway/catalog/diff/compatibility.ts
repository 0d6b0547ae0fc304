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
import type { Place, Places } from './schema.ts';

export type Direction = 'request' | 'answer';

export interface SchemaChange {
  /** RFC 6901 with `*` for items. */
  readonly path: string;
  readonly message: string;
  readonly breaks: boolean;
}

/** Every change that concerns a user, in the order of the paths. */
export function compareSchemas(before: Places, after: Places, direction: Direction): SchemaChange[] {
  const changes: SchemaChange[] = [];
  const tell = (path: string, message: string, breaks: boolean) => changes.push({ path, message, breaks });
  for (const [path, old] of before) {
    const now = after.get(path);
    // Places below a removed one are not reported.
    const keeps = (oneOf: string) => takesAllFromBefore(before, path, oneOf);
    if (now) comparePlaces(old, now, direction, keeps, (message, breaks) => tell(path, message, breaks));
    else if (path === '' || after.has(parentOf(path))) tell(path, 'is removed', true);
  }
  for (const [path, now] of after) {
    if (before.has(path) || !before.has(parentOf(path))) continue;
    const required = now.required && direction === 'request';
    tell(path, required ? 'is new and required' : 'is new', required);
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

type Tell = (message: string, breaks: boolean) => void;

function comparePlaces(
  old: Place,
  now: Place,
  direction: Direction,
  keeps: (oneOf: string) => boolean,
  tell: Tell,
): void {
  const asked = direction === 'request';
  compareTypes(old, now, asked, tell);
  compareValues(old, now, asked, tell);
  if (old.required !== now.required && asked)
    tell(now.required ? 'is required now' : 'is no longer required', now.required);
  if (asked && old.open && !now.open) tell('takes no further properties now', true);
  for (const name of new Set([...old.bounds.keys(), ...now.bounds.keys()])) {
    compareBound(name, old.bounds.get(name), now.bounds.get(name), asked, tell);
  }
  for (const name of new Set([...old.words.keys(), ...now.words.keys()])) {
    const [was, is] = [old.words.get(name), now.words.get(name)];
    if (was === is) continue;
    const harmless = was === undefined && name === 'oneOf' && keeps(is!);
    if (was === undefined) tell(`${name} is new: ${short(is!)}`, asked && !harmless);
    else if (is === undefined) tell(`${name} is gone: ${short(was)}`, false);
    else tell(`${name} was ${short(was)} and is ${short(is)}`, asked || name === 'format');
  }
}

function compareTypes(old: Place, now: Place, asked: boolean, tell: Tell): void {
  const [was, is] = [spread(old.types), spread(now.types)];
  const gone = [...was].filter((type) => !is.has(type));
  const added = [...is].filter((type) => !was.has(type));
  if (gone.length === 0 && added.length === 0) return;
  const message = `type was ${nameOf(old.types)} and is ${nameOf(now.types)}`;
  tell(message, asked ? gone.length > 0 : added.length > 0);
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

function compareValues(old: Place, now: Place, asked: boolean, tell: Tell): void {
  const [was, is] = [old.values, now.values];
  if (was && is) {
    const [gone, added] = [was.difference(is), is.difference(was)];
    if (gone.size > 0) tell(`no longer allows ${[...gone].join(', ')}`, asked);
    if (added.size > 0) tell(`allows ${[...added].join(', ')} now`, false);
  } else if (is) {
    tell(`allows only ${[...is].join(', ') || 'nothing'} now`, asked);
  } else if (was) {
    tell('allows any value now', false);
  }
}

function compareBound(
  name: string,
  was: number | undefined,
  is: number | undefined,
  asked: boolean,
  tell: Tell,
): void {
  if (was === is) return;
  const upper = /^(max|exclusiveMax)/.test(name);
  const narrower = is !== undefined && (was === undefined || (upper ? is < was : is > was));
  if (was === undefined) tell(`${name} is new: ${is}`, asked && narrower);
  else if (is === undefined) tell(`${name} is gone: ${was}`, false);
  else tell(`${name} was ${was} and is ${is}`, asked && narrower);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
