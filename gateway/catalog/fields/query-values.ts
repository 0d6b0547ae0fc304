/**
 * Reads the texts of a query and a path as values of the contract's types. Only the JSON spelling of a type is converted; any
 * other text stays a text, and the schema refuses it.
 */
import { parseBoolean, parseInteger, parseNumber } from '../../wire/json-scalars.ts';
import type { FieldNode } from './fields.ts';

type Read = (text: string) => unknown;

/** Narrower types first: `5` is an integer where both are allowed. */
const readers: readonly (readonly [type: string, read: Read])[] = [
  ['integer', parseInteger],
  ['number', parseNumber],
  ['boolean', parseBoolean],
];

const typesOf = ({ subschemas = [] }: FieldNode) =>
  new Set(subschemas.flatMap(({ schema }) => schema.type ?? []));

/** Does the contract allow a list? Only such a parameter may be repeated. */
export const isList = (node: FieldNode): boolean => node.item !== undefined || typesOf(node).has('array');

/** @param texts by name; replaced by their values */
export type ReadQuery = (texts: Record<string, unknown>) => Record<string, unknown>;

/** Compiles the reader of a request's properties. */
export function compileQuery({ properties }: FieldNode): ReadQuery {
  const typed = [...properties].flatMap(([name, node]): [string, readonly Read[]][] => {
    const types = typesOf(node);
    const reads = readers.filter(([type]) => types.has(type)).map(([, read]) => read);
    return types.has('string') || reads.length === 0 ? [] : [[name, reads]];
  });
  return (values) => {
    for (const [name, reads] of typed) {
      const text = values[name];
      if (typeof text !== 'string') continue;
      for (const read of reads) {
        const value = read(text);
        if (value === undefined) continue;
        values[name] = value;
        break;
      }
    }
    return values;
  };
}
