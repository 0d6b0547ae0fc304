/** Translates the errors of a JSON Schema validator into sentences that never contain a value. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import { legible } from '../../adapters/values/unicode.ts';
import type { Violation } from './problem.ts';
import { keywordSentence, oneOfThese } from './sentences/keywords.ts';
import { either, type Sentence } from './sentences/sentence.ts';
import type { UnionParams } from './unions.ts';

/** Enough to repair a request; a hostile caller gets no more. */
const MAX_VIOLATIONS = 100;

/** Most errors of the validator that are evaluated: a large body may cause one for each byte. */
const MAX_ERRORS = 5000;

/**
 * ajv's errors as violations below `base` (`/changes/17/data`). A violation names a missing or unknown property by the property's
 * own pointer. For a union, only the violations that help to repair the request are reported.
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
 * Rewrites violations for the form of the request: without a body, properties came as path or query parameters.
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

/**
 * A caller's own property name, made safe: escaped (RFC 6901), cut, sound text, with hidden digits, as it may hold a personal
 * number.
 */
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
  /** For `required`: the object that lacks the property. */
  readonly at: string;
  readonly missing: string | undefined;
}

/** Translates a range of errors; a union's errors are combined by `ofUnion`. */
function summarise(errors: readonly ErrorObject[]): Finding[] {
  const findings: Finding[] = [];
  // Backwards, because a union's error follows those of its branches.
  for (let end = errors.length; end > 0; ) {
    const error = errors[end - 1]!;
    const ends = (error.params as Partial<UnionParams>).branchEnds ?? [];
    const start = Math.max(0, end - 1 - (ends.at(-1) ?? 0));
    if (ends.length > 0)
      findings.push(...ofUnion(error, branchesOf(errors.slice(start, end - 1), ends)).reverse());
    else if (!isRedundant(error, end)) findings.push(ofError(error));
    end = start;
  }
  return findings.reverse();
}

/**
 * Does an earlier error already state the same in better words: a condition's `then` or `else`, a property name that is not
 * allowed?
 */
function isRedundant({ keyword, propertyName }: ErrorObject, position: number): boolean {
  return propertyName !== undefined || (keyword === 'if' && position > 1);
}

/** Drops findings that say less than another finding of the same mistake at the same place. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const keywordsAt = new Map<string, Set<string>>();
  for (const { pointer, keyword } of findings) {
    const there = keywordsAt.get(pointer);
    if (there) there.add(keyword);
    else keywordsAt.set(pointer, new Set([keyword]));
  }
  return findings.filter(({ pointer, keyword }) => {
    const others = keywordsAt.get(pointer)!;
    return !(overriddenBy[keyword] ?? []).some((better) => others.has(better));
  });
}

/**
 * The keywords that make each keyword's sentence superfluous: no branch of a union fits a value of another type, and the sentence
 * of a format shows an example, which is long enough.
 */
const overriddenBy: Readonly<Record<string, readonly string[]>> = {
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

/** Keywords about the value itself that show that a branch is not the intended one. */
const otherKinds: ReadonlySet<string> = new Set(['type', 'const', 'enum', 'false schema']);

/** Was another branch intended? A property that distinguishes branches shows it, too. */
function isOtherKind({ keyword, at }: Finding, union: string): boolean {
  if (at === union) return otherKinds.has(keyword);
  return keyword === 'const' && at.slice(0, at.lastIndexOf('/')) === union;
}

/**
 * Reports how to repair the value: the findings that all possibly intended branches share; then either the errors of the only
 * such branch, the choice between their missing properties, or the choice between their requirements on one value. Otherwise, that no
 * branch fits, and why. When too many branches fit: the choice between the names that distinguish them.
 */
function ofUnion(error: ErrorObject, branches: readonly Finding[][]): Finding[] {
  const { keyword, instancePath: at } = error;
  const itself = ofError(error);
  // An item is missing, whatever is wrong with the present ones.
  if (keyword === 'contains') return [itself];
  // Too many branches fit; ajv does not evaluate branches after the second match.
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
