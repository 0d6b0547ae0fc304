/** Reads from a request the person whose record it compares, and the compared values. Compiled when the catalogue loads. */

import { comparedAs } from '../vocabulary/vocabulary.ts';
import type { FieldNode } from './fields.ts';

export interface Matching {
  /** The person's number in the request; `undefined` when there is none. */
  readonly subjectOf: (request: unknown) => string | undefined;
  /**
   * All other values of the request as one text: equal for two requests that a registry cannot distinguish, whatever their
   * spelling and the order of their members. `undefined` when there is nothing to compare.
   */
  readonly guessOf: (request: unknown) => string | undefined;
  /**
   * The same text for two or more values, such as a name and a birth date: many people share a single value.
   */
  readonly valuesOf: (request: unknown) => string | undefined;
}

/** @param subjects JSON Pointers of the properties that may hold the person's number, each directly in the request */
export function compileMatching(request: FieldNode, subjects: readonly string[]): Matching | undefined {
  if (subjects.length === 0) return undefined;
  const numbers = subjects.map((pointer) => pointer.slice(1));
  const spellings = new Map(
    [...request.properties].flatMap(([name, { subschemas = [] }]) => {
      const format = subschemas.find(({ schema }) => Object.hasOwn(comparedAs, schema.format ?? ''))?.schema
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
