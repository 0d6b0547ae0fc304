/**
 * No pattern of a schema may backtrack: a caller could send a text that takes minutes to refuse.
 *
 * V8 matches by backtracking. A pattern is taken only when it is proven that there is never more than a handful of ways
 * to go back, whatever the text; what cannot be proven is refused. Such patterns match in linear time, so ajv compiles
 * them as they are, and needs no slower engine.
 */
import { isSafePattern } from 'redos-detector';
import { escapePointer, type Finding, type SourceFile } from '../read/document.ts';

/** Ways to go back, over the whole text. Alternatives that share a beginning (`http`, `https`) are a few. */
const MOST = 50;
/** Effort for one pattern, the same on every machine, so that the verdict is: what is linear shows soon. */
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
    // Without a limit of time: a slow machine must not find other mistakes.
    const options = { unicode: true, maxScore: MOST, maxSteps: STEPS, timeout: Number.POSITIVE_INFINITY };
    return isSafePattern(pattern, options).safe;
  } catch {
    return false; // no pattern at all, or one that the proof does not understand
  }
}

/** Reports every pattern of a schema document that could backtrack, where it stands. */
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

function visit(value: unknown, pointer: string, tell: (pattern: string, pointer: string) => void): void {
  if (Array.isArray(value)) value.forEach((item, index) => void visit(item, `${pointer}/${index}`, tell));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, child] of Object.entries(value)) {
    const place = `${pointer}/${escapePointer(key)}`;
    if (key === 'pattern' && typeof child === 'string') tell(child, place);
    if (key === 'patternProperties' && typeof child === 'object' && child !== null) {
      for (const pattern of Object.keys(child)) tell(pattern, `${place}/${escapePointer(pattern)}`);
    }
    if (!data.has(key)) visit(child, place, tell);
  }
}
