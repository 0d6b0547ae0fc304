/** Reads the list of operators in `OPERATORS_FILE` (YAML). Each operator has a token, of which the list has the digest. */
import { hash } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { SourceFile } from '../catalog/read/document.ts';
import { compileLazily } from '../catalog/vocabulary/compile-lazily.ts';
import { addFormats } from '../catalog/vocabulary/vocabulary.ts';
import { violationsOf } from '../problems/violations.ts';

export interface ListedOperator {
  /** A person: `nguyen.van.an`. */
  readonly name: string;
  /** SHA-256 of the token, hex. */
  readonly tokenSha256: string;
  /** The last day on which the token is valid, in Vietnam's time zone. */
  readonly validUntil?: string;
}

/** The name in evidence for every holder of `OPERATOR_TOKEN`. The list refuses it as a person's name. */
export const SHARED_OPERATOR = 'operator';
const listSchema = {
  type: 'object',
  required: ['operators'],
  additionalProperties: false,
  properties: {
    operators: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'tokenSha256'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{1,63}$', not: { const: SHARED_OPERATOR } },
          tokenSha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          validUntil: { type: 'string', format: 'date' },
        },
      },
    },
  },
};
const isList = compileLazily<{ readonly operators: readonly ListedOperator[] }>(() => {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats(ajv);
  return ajv.compile(listSchema);
});

/** The digest of a token in the form of `OPERATORS_FILE`: SHA-256, hex. */
export function digestOfToken(token: string): string {
  return hash('sha256', token);
}

/** @throws Error that names the first wrong line: `line 3: /operators/0/tokenSha256 …` */
export function parseOperators(text: string): readonly ListedOperator[] {
  const file = new SourceFile('operators', text);
  const [unreadable] = file.findings;
  if (unreadable) throw new Error(`line ${unreadable.line}: ${unreadable.message}`);
  const { value } = file;
  if (!isList(value)) {
    const [violation] = violationsOf(isList.errors);
    const { pointer = '', detail = '' } = violation ?? {};
    throw new Error(`line ${file.lineOf(pointer)}: ${pointer ? `${pointer} ` : ''}${detail}`);
  }
  for (const [index, { name, tokenSha256 }] of value.operators.entries()) {
    const first = value.operators.find((other) => other.tokenSha256 === tokenSha256)!;
    // Evidence would name the first of the two for both.
    if (first.name === name) continue;
    const line = file.lineOf(`/operators/${index}/tokenSha256`);
    throw new Error(`line ${line}: ${name} has the token of ${first.name}`);
  }
  return value.operators;
}
