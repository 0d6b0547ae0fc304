/** Checks the values of our own keywords in a schema. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { compileLazily } from './compile-lazily.ts';

/** The part of a keyword's definition that checks its value. */
export interface Values {
  readonly validateSchema: ValidateFunction;
}

let ajv: Ajv2020 | undefined;

/**
 * Replaces ajv's `metaSchema`, which each instance would compile: this is compiled once for all instances, on first use.
 */
export function valuesOf(metaSchema: object): Values {
  return {
    validateSchema: compileLazily(() => {
      ajv ??= new Ajv2020({ allErrors: true, meta: false, validateSchema: false });
      return ajv.compile(metaSchema);
    }),
  };
}
