/** Which values a keyword of ours may have in a schema. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { compileLazily } from './compile-lazily.ts';

/** The part of a keyword's definition that says so. */
export interface Values {
  readonly validateSchema: ValidateFunction;
}

let ajv: Ajv2020 | undefined;

/**
 * ajv would compile a `metaSchema` for each of its instances: this is compiled once for all of them, when the first schema
 * is held against it.
 */
export function valuesOf(metaSchema: object): Values {
  return {
    validateSchema: compileLazily(() => {
      ajv ??= new Ajv2020({ allErrors: true, meta: false, validateSchema: false });
      return ajv.compile(metaSchema);
    }),
  };
}
