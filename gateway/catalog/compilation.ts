/** What the compilers of single files share. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Finding, SourceFile } from './document.ts';
import { addFormats } from './formats.ts';
import { addLengths } from './lengths.ts';

export interface Compilation {
  readonly schemas: ReadonlyMap<string, object>;
  readonly schemaFiles: ReadonlyMap<string, SourceFile>;
  /** Documents with errors, and those that refer to them: what is made of them is left out without another error. */
  readonly broken: ReadonlySet<string>;
  readonly validators: Validators;
  report(finding: Finding): void;
}

/** Three ways to check: bodies tell every violation, queries arrive as text, answers stop at the first. */
export interface Validators {
  readonly body: Ajv2020;
  readonly query: Ajv2020;
  readonly answer: Ajv2020;
}

export function createValidators(schemas: ReadonlyMap<string, object>): Validators {
  const create = (options: object) => {
    const ajv = new Ajv2020({
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      // `check-schema.ts` did, by document.
      validateSchema: false,
      // Halves the time to compile; what V8 makes of the longer code is as fast.
      code: { optimize: false },
      ...options,
    });
    addFormats(ajv);
    for (const [name, schema] of schemas) ajv.addSchema(schema, name);
    return ajv;
  };
  const answer = create({});
  addLengths(answer);
  return {
    body: create({ allErrors: true, useDefaults: true }),
    query: create({ allErrors: true, useDefaults: true, coerceTypes: true }),
    answer,
  };
}
