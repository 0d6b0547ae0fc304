/** Checks the values of an agreement's scope: the field with that `x-scope` must be able to have each of them. */
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { FieldNode } from '../fields/fields.ts';
import type { Validators } from './compilation.ts';

/** Why a field can never have this value; `undefined`: it can. */
export type ValueCheck = (field: FieldNode, value: string) => string | undefined;

export function createValueCheck(validators: Validators): ValueCheck {
  /** By place of the schema, because many contracts share it (an address). */
  const ofPlaces = new Map<string, ValidateFunction>();
  const checks = new WeakMap<FieldNode, readonly ValidateFunction[]>();
  const verdicts = new WeakMap<FieldNode, Map<string, string | undefined>>();

  function checksOf(field: FieldNode): readonly ValidateFunction[] {
    let known = checks.get(field);
    if (!known) {
      const subschemas = (field.subschemas ?? []).filter(({ conditional }) => !conditional);
      known = subschemas.map(({ file, pointer }) => checkOf(`${file}#${encodeURI(pointer)}`));
      checks.set(field, known);
    }
    return known;
  }

  function checkOf($ref: string): ValidateFunction {
    const check = ofPlaces.get($ref) ?? validators.answer.compile({ $ref });
    ofPlaces.set($ref, check);
    return check;
  }

  return (field, value) => {
    const known = verdicts.get(field) ?? new Map<string, string | undefined>();
    verdicts.set(field, known);
    if (!known.has(value)) {
      const broken = checksOf(field).find((check) => !check(value));
      const [error] = broken?.errors ?? [];
      known.set(value, error && (error.message ?? error.keyword));
    }
    return known.get(value);
  };
}
