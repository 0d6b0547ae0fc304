/** What a JSON Schema validator found, in words that never carry a value. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import { legible } from '../../adapters/values/unicode.ts';
import type { Violation } from './problem.ts';
import { keywordSentence, oneOfThese } from './sentences/keywords.ts';
import { either, type Sentence } from './sentences/sentence.ts';
import type { UnionParams } from './unions.ts';

/** Enough to mend a request by; a hostile one gets no more. */
const MAX_VIOLATIONS = 100;

/** Of the validator's: a large body may have one for each of its bytes. */
const MAX_ERRORS = 5000;

/**
 * ajv's errors as violations below `base` (`/changes/17/data`). A property that is missing or unknown is named by its
 * own pointer. Of the branches of a union only what mends the request is said.
 */
export function violationsOf(errors: readonly ErrorObject[] | null | undefined, base = ''): Violation[] {
  const seen = new Set<string>();
  const violations: Violation[] = [];
  for (const { pointer, sentence } of withoutRepeats(summarise(errors?.slice(0, MAX_ERRORS) ?? []))) {
    if (violations.length === MAX_VIOLATIONS) break;
    const key = `${pointer} ${sentence.detail}`;
    if (seen.has(key)) continue;
    seen.add(key);
    violations.push({ pointer: base + pointer, ...sentence });
  }
  return violations;
}

/**
 * Violations as their sender sees the request: what has no body came as parameters, of the path and the query.
 * @param method of the request
 */
export function placedFor(method: string, violations: readonly Violation[]): readonly Violation[] {
  if (method === 'POST') return violations;
  return violations.map(({ pointer, ...rest }) => {
    const name = pointer?.split('/')[1];
    return name === undefined ? rest : { parameter: nameOf(name), ...rest };
  });
}

const nameOf = (name: string): string => name.replaceAll('~1', '/').replaceAll('~0', '~');

/** A name that a caller made up: escaped (RFC 6901), cut, text, and with digits hidden that may be somebody's number. */
export function safeName(name: string): string {
  return legible(name.slice(0, 64))
    .replaceAll(/\d{9,}/g, '…')
    .replaceAll('~', '~0')
    .replaceAll('/', '~1');
}

interface Finding {
  readonly keyword: string;
  readonly pointer: string;
  readonly sentence: Sentence;
  /** Of `required`: the object that lacks something. */
  readonly at: string;
  readonly missing: string | undefined;
}

/** The errors from first to last; those of a union's branches become what the union makes of them. */
function summarise(errors: readonly ErrorObject[]): Finding[] {
  const findings: Finding[] = [];
  // From the last: a union's error comes after those of its branches.
  for (let end = errors.length; end > 0; ) {
    const error = errors[end - 1]!;
    const ends = (error.params as Partial<UnionParams>).branchEnds ?? [];
    const start = Math.max(0, end - 1 - (ends.at(-1) ?? 0));
    if (ends.length > 0)
      findings.push(...ofUnion(error, branchesOf(errors.slice(start, end - 1), ends)).reverse());
    else if (!speaksElsewhere(error, end)) findings.push(ofError(error));
    end = start;
  }
  return findings.reverse();
}

/** An error before it says the same, and better: `then` and `else` of a condition, and that a name is not allowed. */
function speaksElsewhere({ keyword, propertyName }: ErrorObject, position: number): boolean {
  return propertyName !== undefined || (keyword === 'if' && position > 1);
}

/** What of one mistake says less than another finding at the same place: that one is said, and it alone. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const keywordsAt = new Map<string, Set<string>>();
  for (const { pointer, keyword } of findings) {
    const there = keywordsAt.get(pointer);
    if (there) there.add(keyword);
    else keywordsAt.set(pointer, new Set([keyword]));
  }
  return findings.filter(({ pointer, keyword }) => {
    const others = keywordsAt.get(pointer)!;
    return !(saidBetterBy[keyword] ?? []).some((better) => others.has(better));
  });
}

/**
 * By keyword, those that say more. No form of a union fits a value of another type, and every format has a shortest text: its
 * sentence shows an example.
 */
const saidBetterBy: Readonly<Record<string, readonly string[]>> = {
  anyOf: ['type'],
  oneOf: ['type'],
  minLength: ['format'],
};

function branchesOf(errors: readonly ErrorObject[], ends: readonly number[]): Finding[][] {
  let from = 0;
  return ends.map((end) => {
    const branch = summarise(errors.slice(from, end));
    from = Math.max(from, end);
    return branch;
  });
}

function ofError({ keyword, params, instancePath }: ErrorObject): Finding {
  const name =
    params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName;
  return {
    keyword,
    pointer: instancePath + (typeof name === 'string' ? `/${safeName(name)}` : ''),
    sentence: keywordSentence(keyword, params),
    at: instancePath,
    missing: keyword === 'required' ? name : undefined,
  };
}

/** Keywords by which a branch says that it is not the one that was meant: of the value itself. */
const otherKinds: ReadonlySet<string> = new Set(['type', 'const', 'enum', 'false schema']);

/** Was another branch meant? Also by a property that tells branches apart. */
function isOtherKind({ keyword, at }: Finding, union: string): boolean {
  if (at === union) return otherKinds.has(keyword);
  return keyword === 'const' && at.slice(0, at.lastIndexOf('/')) === union;
}

/**
 * What would mend it: what all branches that may be meant have in common, and then the errors of the only one, the choice
 * between what they lack, or the choice between what they want of one value. Else that nothing fits, and why. When too many
 * branches fit: the choice between the names that tell them apart.
 */
function ofUnion(error: ErrorObject, branches: readonly Finding[][]): Finding[] {
  const { keyword, instancePath: at } = error;
  const itself = ofError(error);
  // It is an item that is missing, whatever is wrong with those that are there.
  if (keyword === 'contains') return [itself];
  // Too many fit; ajv looks at none behind the second that does.
  if (branches.some((branch) => branch.length === 0)) {
    const { ways = [] } = error.params as Partial<UnionParams>;
    return [ways.length > 0 ? { ...itself, sentence: oneOfThese(ways, true) } : itself];
  }
  const meant = preferring(
    preferring(branches, (branch) => !branch.some((one) => isOtherKind(one, at))),
    (branch) => !branch.some((one) => one.missing !== undefined && one.at === at),
  );
  const [first = [], ...others] = meant;
  const shared = first.filter((one) => others.every((branch) => branch.some((two) => isSame(one, two))));
  const rests = meant.map((branch) => branch.filter((one) => !shared.some((two) => isSame(one, two))));
  if (rests.some((rest) => rest.length === 0)) return shared;
  if (rests.every((rest) => rest.every((one) => one.missing !== undefined && one.at === at))) {
    const ways = rests.map((rest) => rest.map((one) => one.missing!));
    return [...shared, { ...itself, sentence: oneOfThese(ways, keyword === 'oneOf') }];
  }
  const choices = rests.flat();
  if (choices.length === rests.length && choices.every(({ pointer }) => pointer === choices[0]!.pointer)) {
    return [...shared, { ...choices[0]!, sentence: either(choices.map(({ sentence }) => sentence)) }];
  }
  return [...shared, itself, ...choices];
}

function preferring(branches: readonly Finding[][], isBetter: (branch: Finding[]) => boolean) {
  const better = branches.filter(isBetter);
  return better.length > 0 ? better : branches;
}

const isSame = (one: Finding, other: Finding): boolean =>
  one.pointer === other.pointer && one.sentence.detail === other.sentence.detail;
