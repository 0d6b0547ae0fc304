/** What a JSON Schema validator found, in words that never carry a value. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Violation } from './errors.ts';

/** Enough to mend a request by; a hostile one gets no more. */
const MAX_VIOLATIONS = 100;

/**
 * ajv's errors as violations below `base` (`/changes/17/data`). A property that is missing or unknown is named by its
 * own pointer.
 */
export function violationsOf(errors: readonly ErrorObject[] | null | undefined, base = ''): Violation[] {
  const seen = new Set<string>();
  const violations: Violation[] = [];
  for (const error of errors ?? []) {
    if (violations.length === MAX_VIOLATIONS) break;
    const violation = { pointer: base + pointerOf(error), detail: detailOf(error) };
    const key = `${violation.pointer} ${violation.detail}`;
    if (seen.has(key)) continue;
    seen.add(key);
    violations.push(violation);
  }
  return violations;
}

function pointerOf({ instancePath, params }: ErrorObject): string {
  const name = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  return instancePath + (typeof name === 'string' ? `/${safeName(name)}` : '');
}

/** A name that a caller made up: escaped (RFC 6901), cut, and with digits hidden that may be somebody's number. */
export function safeName(name: string): string {
  return name
    .slice(0, 64)
    .replaceAll(/\d{9,}/g, '…')
    .replaceAll('~', '~0')
    .replaceAll('/', '~1');
}

const details: Readonly<Record<string, (params: ErrorObject['params']) => string>> = {
  required: () => 'is required',
  additionalProperties: () => 'is not a property of the contract',
  unevaluatedProperties: () => 'is not a property of the contract',
  type: (params) => `must be ${[params.type].flat().join(' or ')}`,
  format: (params) => `must be a valid ${params.format}`,
  pattern: () => 'does not have the required form',
  enum: (params) => `must be one of ${(params.allowedValues as unknown[]).join(', ')}`,
  const: () => 'is not the value required here',
  minLength: (params) => `must have at least ${params.limit} characters`,
  maxLength: (params) => `must have at most ${params.limit} characters`,
  minItems: (params) => `must have at least ${params.limit} items`,
  maxItems: (params) => `must have at most ${params.limit} items`,
  uniqueItems: () => 'must not hold an item twice',
  minimum: (params) => `must be at least ${params.limit}`,
  maximum: (params) => `must be at most ${params.limit}`,
};

function detailOf({ keyword, params }: ErrorObject): string {
  return details[keyword]?.(params) ?? `breaks ${keyword}`;
}
