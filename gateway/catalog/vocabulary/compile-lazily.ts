/** Validators that are compiled on the first call: most of a large catalogue and of operators' requests are never called. */
import type { ValidateFunction } from 'ajv/dist/2020.js';

/**
 * A validator like ajv's, whose code is compiled with the first call.
 * @param compile MUST NOT fail: its schema was found sound before, or is the gateway's own
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
