/** Validators that are compiled when they are first called: of a large catalogue, and of operators' requests, most never are. */
import type { ValidateFunction } from 'ajv/dist/2020.js';

/**
 * A validator as ajv makes it, whose code is made with the first call.
 * @param compile MUST NOT fail: of a schema of the catalogue that was found sound before, or of the gateway's own
 */
export function compileLazily<T = unknown>(compile: () => ValidateFunction<T>): ValidateFunction<T> {
  let compiled: ValidateFunction<T> | undefined;
  const validate = function (this: unknown, data: unknown): boolean {
    compiled ??= compile();
    // The checks that only warn write into `this`.
    const valid: boolean = compiled.call(this, data);
    validate.errors = compiled.errors;
    return valid;
  } as ValidateFunction<T>;
  return validate;
}
