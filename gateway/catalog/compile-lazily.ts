/** Validators that are compiled when they are first called: of a large catalogue most are never asked. */
import type { ValidateFunction } from 'ajv/dist/2020.js';

/**
 * A validator as ajv makes it, whose code is made with the first call.
 * @param compile MUST NOT fail: the schema was found sound before
 */
export function compileLazily(compile: () => ValidateFunction): ValidateFunction {
  let compiled: ValidateFunction | undefined;
  const validate = function (this: unknown, data: unknown): boolean {
    compiled ??= compile();
    // The checks that only warn write into `this`.
    const valid = compiled.call(this, data);
    validate.errors = compiled.errors;
    return valid;
  } as ValidateFunction;
  return validate;
}
