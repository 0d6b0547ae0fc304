/** Finds the known variable that a misspelt name resembles: by its letters, by singular and plural, or by missing or extra words. */
import { closestMatch } from 'leven';

interface NearName {
  readonly name: string;
  /** `false`: other programs may use the misspelt name too (`API_KEY`, `CLIENT_ID`). */
  readonly sure: boolean;
}

/** Shorter names are not compared by their letters, because they resemble too many others (`HOST`, `HOME`). */
const SHORTEST = 8;
/** The most letters to add, remove or change. */
const MAX_DISTANCE = 2;
/** With so many words, a name that is the end of a known name is meant for that one. */
const SURE_WORDS = 3;

/**
 * @param variable a name that is not in `names`
 * @returns the name that `variable` was probably meant for
 */
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
  return closestMatch(variable, long, { maxDistance: MAX_DISTANCE });
}

/** Finds a name that differs by singular and plural: `TRUSTED_PROXY` is three letters away from `TRUSTED_PROXIES`. */
function alikeInNumber(variable: string, names: readonly string[]): string | undefined {
  if (!variable.includes('_')) return undefined;
  return names.find((name) => singular(name) === singular(variable));
}

const singular = (name: string) =>
  wordsOf(name)
    .map((word) => word.replace(/IES$/, 'Y').replace(/S$/, ''))
    .join('_');

/** The shortest name that begins with `variable`: `TLS_CERT`, `DATABASE_WAIT`. */
function begins(variable: string, names: readonly string[]): string | undefined {
  return variable.includes('_') ? shortest(names, (name) => name.startsWith(`${variable}_`)) : undefined;
}

/** The shortest name that ends with `variable`: `CLIENT_CA_FILE`. */
function ends(variable: string, names: readonly string[]): string | undefined {
  return variable.includes('_') ? shortest(names, (name) => name.endsWith(`_${variable}`)) : undefined;
}

/**
 * The shortest TLS variable whose name without its last word begins `variable`: `TLS_CERTIFICATE`, `TLS_KEY_PATH`. A port that is meant
 * to use TLS MUST NOT silently use plain HTTP.
 */
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
