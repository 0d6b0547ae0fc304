/** What a request compares with one person's record: whose, and by which values. Compiled when the catalogue loads. */

import { comparedAs } from '../vocabulary/vocabulary.ts';
import type { FieldNode } from './fields.ts';

export interface Matching {
  /** The number that the request names the person by; `undefined` when it names nobody. */
  readonly subjectOf: (request: unknown) => string | undefined;
  /**
   * All else that the request gives, as one text: equal for two requests that a registry cannot tell apart, whatever their
   * spelling and the order of their members. `undefined` when there is nothing to compare.
   */
  readonly guessOf: (request: unknown) => string | undefined;
  /**
   * The same, when it is of two values or more, such as a name and a birth date: one value alone is that of many people.
   */
  readonly valuesOf: (request: unknown) => string | undefined;
}

/** @param subjects JSON Pointers of the numbers that a request may name a person by, each a property of the request itself */
export function compileMatching(request: FieldNode, subjects: readonly string[]): Matching | undefined {
  if (subjects.length === 0) return undefined;
  const numbers = subjects.map((pointer) => pointer.slice(1));
  const spellings = new Map(
    [...request.properties].flatMap(([name, { places = [] }]) => {
      const format = places.find(({ schema }) => Object.hasOwn(comparedAs, schema.format ?? ''))?.schema
        .format;
      return format === undefined ? [] : [[name, comparedAs[format]!] as const];
    }),
  );
  const numberOf = (given: Readonly<Record<string, unknown>>) =>
    numbers.find((name) => typeof given[name] === 'string');
  /** Names and values, as a registry compares them, apart from the number. */
  const comparedIn = (request: unknown): readonly (readonly [name: string, value: unknown])[] => {
    const given = request as Readonly<Record<string, unknown>>;
    const subject = numberOf(given);
    const names = Object.keys(given).filter((name) => name !== subject);
    return names.sort().map((name) => {
      const value = given[name];
      return [name, typeof value === 'string' ? (spellings.get(name)?.(value) ?? value) : value];
    });
  };
  const textOf = (request: unknown, least: number): string | undefined => {
    const compared = comparedIn(request);
    return compared.length < least ? undefined : JSON.stringify(compared);
  };
  return {
    subjectOf(request) {
      const given = request as Readonly<Record<string, unknown>>;
      const name = numberOf(given);
      return name === undefined ? undefined : (given[name] as string);
    },
    guessOf: (request) => textOf(request, 1),
    valuesOf: (request) => textOf(request, 2),
  };
}
