/**
 * No pattern of a schema may backtrack without bound: a caller could send a text that takes minutes to refuse.
 *
 * V8 matches by backtracking. A pattern is accepted only when a proof bounds its backtracks to a small number for every text;
 * a pattern without such a proof is refused. Accepted patterns match in linear time, so ajv compiles them unchanged, and no
 * slower engine is needed.
 */
import { isSafePattern } from 'redos-detector';
import { escapePointer, type Finding, type SourceFile } from '../read/document.ts';

/** Most backtracks over the whole text. Alternatives with a common beginning (`http`, `https`) need a few. */
const MOST = 50;
/** Steps of the proof for one pattern: a fixed number, so that every machine decides alike. Linear patterns need few. */
const STEPS = 1000;

const verdicts = new Map<string, boolean>();

/** Does matching this pattern (as ajv compiles it, with the flag `u`) take linear time, provably? */
export function isLinear(pattern: string): boolean {
  let verdict = verdicts.get(pattern);
  if (verdict === undefined) {
    verdict = prove(pattern);
    verdicts.set(pattern, verdict);
  }
  return verdict;
}

function prove(pattern: string): boolean {
  try {
    // No time limit: a slow machine must not report other errors.
    const options = { unicode: true, maxScore: MOST, maxSteps: STEPS, timeout: Number.POSITIVE_INFINITY };
    return isSafePattern(pattern, options).safe;
  } catch {
    return false; // no pattern, or one that the proof does not support
  }
}

/** Reports every pattern of a schema document that could backtrack, with its pointer. */
export function checkPatterns(file: SourceFile, report: (finding: Finding) => void): void {
  visit(file.value, '', (pattern, pointer) => {
    if (isLinear(pattern)) return;
    report(
      file.finding(
        pointer,
        `pattern ${JSON.stringify(pattern)} may backtrack: begin it with ^ and let each next character decide`,
      ),
    );
  });
}

/** Keywords whose values are data and not schemas. */
const data = new Set(['enum', 'const', 'default', 'examples']);

function visit(value: unknown, pointer: string, report: (pattern: string, pointer: string) => void): void {
  if (Array.isArray(value)) value.forEach((item, index) => void visit(item, `${pointer}/${index}`, report));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, child] of Object.entries(value)) {
    const inside = `${pointer}/${escapePointer(key)}`;
    if (key === 'pattern' && typeof child === 'string') report(child, inside);
    if (key === 'patternProperties' && typeof child === 'object' && child !== null) {
      for (const pattern of Object.keys(child)) report(pattern, `${inside}/${escapePointer(pattern)}`);
    }
    if (!data.has(key)) visit(child, inside, report);
  }
}
