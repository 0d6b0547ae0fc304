/** Names of variables that are nearly others: by letters, by number, by words that are left out. */
import { closestMatch } from 'leven';

interface NearName {
  readonly name: string;
  /** `false`: the name is one that other programs have too (`API_KEY`, `CLIENT_ID`). */
  readonly sure: boolean;
}

/** A name this short is near to too many others (`HOST`, `HOME`). */
const SHORTEST = 8;
/** Letters to add, leave out or change. */
const NEAR = 2;
/** The ends of a name this long are nobody else's. */
const SURE_WORDS = 3;

/** @returns the name of `names` that was probably meant by `variable`, which is none of them */
export function nearestName(variable: string, names: readonly string[]): NearName | undefined {
  const upper = variable.toUpperCase();
  const letters = upper.length < SHORTEST ? undefined : closest(upper, names);
  const name = letters ?? alikeInNumber(upper, names) ?? begins(upper, names) ?? beginsAsTls(upper, names);
  if (name !== undefined) return { name, sure: true };
  const end = ends(upper, names);
  return end === undefined ? undefined : { name: end, sure: wordsOf(upper).length >= SURE_WORDS };
}

function closest(variable: string, names: readonly string[]): string | undefined {
  const long = names.filter((name) => name.length >= SHORTEST);
  return closestMatch(variable, long, { maxDistance: NEAR });
}

/** `TRUSTED_PROXY`: three letters from `TRUSTED_PROXIES`. */
function alikeInNumber(variable: string, names: readonly string[]): string | undefined {
  if (!variable.includes('_')) return undefined;
  return names.find((name) => singular(name) === singular(variable));
}

const singular = (name: string) =>
  wordsOf(name)
    .map((word) => word.replace(/IES$/, 'Y').replace(/S$/, ''))
    .join('_');

/** `TLS_CERT`, `DATABASE_WAIT`: the shortest of those that begin so. */
function begins(variable: string, names: readonly string[]): string | undefined {
  return variable.includes('_') ? shortest(names, (name) => name.startsWith(`${variable}_`)) : undefined;
}

/** `CLIENT_CA_FILE`: the shortest of those that end so. */
function ends(variable: string, names: readonly string[]): string | undefined {
  return variable.includes('_') ? shortest(names, (name) => name.endsWith(`_${variable}`)) : undefined;
}

/** `TLS_CERTIFICATE`, `TLS_KEY_PATH`: a port that was to speak TLS MUST NOT speak plain HTTP without a word. */
function beginsAsTls(variable: string, names: readonly string[]): string | undefined {
  const isTls = (name: string) => /^(OPERATIONS_)?TLS_/.test(name);
  return shortest(names, (name) => isTls(name) && variable.startsWith(wordsOf(name).slice(0, -1).join('_')));
}

function shortest(names: readonly string[], matches: (name: string) => boolean): string | undefined {
  return names.filter(matches).sort((one, other) => one.length - other.length)[0];
}

function wordsOf(name: string): string[] {
  return name.split('_');
}
