/** What a request compares with one person's record: whose, and by which values. Compiled when the catalogue loads. */
import type { FieldNode } from './fields.ts';
import { comparedAs } from './formats.ts';

export interface Matching {
  /** The number that the request names the person by; `undefined` when it names nobody. */
  readonly subjectOf: (request: unknown) => string | undefined;
  /**
   * All else that the request gives, as one text: equal for two requests that a registry cannot tell apart, whatever their
   * spelling and the order of their members. `undefined` when there is nothing to compare.
   */
  readonly guessOf: (request: unknown) => string | undefined;
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
  return {
    subjectOf(request) {
      const given = request as Readonly<Record<string, unknown>>;
      const name = numberOf(given);
      return name === undefined ? undefined : (given[name] as string);
    },
    guessOf(request) {
      const given = request as Readonly<Record<string, unknown>>;
      const subject = numberOf(given);
      const compared = Object.keys(given).filter((name) => name !== subject);
      if (compared.length === 0) return undefined;
      const values = compared.sort().map((name) => {
        const value = given[name];
        return [name, typeof value === 'string' ? (spellings.get(name)?.(value) ?? value) : value];
      });
      return JSON.stringify(values);
    },
  };
}
