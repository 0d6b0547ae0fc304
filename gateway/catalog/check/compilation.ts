/** The state that the compilers of single files share. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Finding, SourceFile } from '../read/document.ts';
import { addLengths } from '../vocabulary/lengths.ts';
import { addFormats } from '../vocabulary/vocabulary.ts';

export interface Compilation {
  readonly schemas: ReadonlyMap<string, object>;
  readonly schemaFiles: ReadonlyMap<string, SourceFile>;
  /** Documents with errors, and those that refer to them: their contracts are left out without further errors. */
  readonly broken: ReadonlySet<string>;
  readonly validators: Validators;
  report(finding: Finding): void;
}

/**
 * Two kinds of validators: those of requests report every violation, those of answers stop at the first. Each is made on first
 * use: compiling a kept catalogue needs none.
 */
export interface Validators {
  readonly body: Ajv2020;
  readonly answer: Ajv2020;
  /** The same, for contracts that only warn of some checks (`catalog/vocabulary/checks.ts`). */
  warning(use: 'body' | 'answer', warned: readonly string[]): Ajv2020;
}

export function createValidators(schemas: ReadonlyMap<string, object>): Validators {
  const create = (options: object, warned: readonly string[] = []) => {
    const ajv = new Ajv2020({
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      // `schema.ts` has validated each document.
      validateSchema: false,
      // Halves the time to compile; V8 runs the longer code as fast.
      code: { optimize: false },
      ...options,
    });
    addFormats(ajv, warned);
    addLengths(ajv);
    for (const [name, schema] of schemas) ajv.addSchema(schema, name);
    return ajv;
  };
  const bodies = { allErrors: true, useDefaults: true };
  const warnings = new Map<string, Ajv2020>();
  let body: Ajv2020 | undefined;
  let answer: Ajv2020 | undefined;
  return {
    get body() {
      body ??= create(bodies);
      return body;
    },
    get answer() {
      answer ??= create({});
      return answer;
    },
    warning(use, warned) {
      const key = `${use} ${warned.join(' ')}`;
      const passing = { passContext: true };
      const options = use === 'answer' ? passing : { ...bodies, ...passing };
      const ajv = warnings.get(key) ?? create(options, warned);
      warnings.set(key, ajv);
      return ajv;
    },
  };
}
