/**
 * Who may administer: each operator by a token of their own, so that log and evidence name a person.
 *
 * `OPERATORS_FILE` lists names and digests of tokens; nobody learns a token from it. Each request looks whether it has changed
 * (`parsed-file.ts`), so that whoever is taken out of it is out with the next one. A file that is broken lets nobody in by it. `OPERATOR_TOKEN`, which
 * several people may share, is recorded as `operator`.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { termOf } from '../../catalog/grant/term.ts';
import { SourceFile } from '../../catalog/read/document.ts';
import { compileLazily } from '../../catalog/vocabulary/compile-lazily.ts';
import { addFormats } from '../../catalog/vocabulary/vocabulary.ts';
import { violationsOf } from '../../problems/violations.ts';
import type { Log } from '../../telemetry/log.ts';
import { parsedFile } from './parsed-file.ts';

export interface Operators {
  /** @returns whose token it is; `undefined`: nobody's */
  identify(token: string): Promise<string | undefined>;
}

interface Listed {
  /** A person: `nguyen.van.an`. */
  readonly name: string;
  /** SHA-256 of the token, hex. */
  readonly tokenSha256: string;
  /** The last day, by Vietnam's clock. */
  readonly validUntil?: string;
}

const SHARED = 'operator';
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
          name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{1,63}$', not: { const: SHARED } },
          tokenSha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          validUntil: { type: 'string', format: 'date' },
        },
      },
    },
  },
};
const isList = compileLazily<{ readonly operators: readonly Listed[] }>(() => {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats(ajv);
  return ajv.compile(listSchema);
});

/** SHA-256, as `OPERATORS_FILE` has it. */
export function digestOfToken(token: string): string {
  return hash('sha256', token);
}

/** @throws Error with the first line that is wrong: `line 3: /operators/0/tokenSha256 …` */
export function parseOperators(text: string): readonly Listed[] {
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
    // Evidence would name the first, whoever of the two it was.
    if (first.name === name) continue;
    const line = file.lineOf(`/operators/${index}/tokenSha256`);
    throw new Error(`line ${line}: ${name} has the token of ${first.name}`);
  }
  return value.operators;
}

export interface OperatorsOptions {
  /** `OPERATOR_TOKEN`. */
  readonly sharedToken: string | undefined;
  /** `OPERATORS_FILE`, found sound at start. */
  readonly file: string | undefined;
  readonly now: () => number;
  readonly log: Log;
}

export function openOperators({ sharedToken, file, now, log }: OperatorsOptions): Operators {
  const shared = sharedToken === undefined ? [] : [{ name: SHARED, tokenSha256: digestOfToken(sharedToken) }];
  const read = file === undefined ? async () => [] : parsedFile(file, parseOperators, now);
  let isBroken = false;

  async function listed(): Promise<readonly Listed[]> {
    try {
      const operators = await read();
      isBroken = false;
      return operators;
    } catch (error) {
      // Once, and not with each request that anybody may send.
      if (!isBroken) {
        const { message: reason } = error as Error;
        log.error(
          { variable: 'OPERATORS_FILE', reason },
          'nobody is let in by the list of operators: it is broken',
        );
      }
      isBroken = true;
      return [];
    }
  }

  const isValid = ({ validUntil }: Listed) =>
    validUntil === undefined || now() < termOf(validUntil, validUntil).validUntil;

  return {
    async identify(token) {
      const given = hash('sha256', token, 'buffer');
      // All are compared, whoever it is.
      const fitting = [...shared, ...(await listed())].filter(({ tokenSha256 }) =>
        timingSafeEqual(given, Buffer.from(tokenSha256, 'hex')),
      );
      return fitting.find(isValid)?.name;
    },
  };
}
