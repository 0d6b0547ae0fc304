/**
 * Where a record says that it is, at every place where it says so. A dimension (`x-scope`) may stand at several places,
 * and a code of a finer division (`x-within`) says it too: a commune belongs to one province.
 */
import { escapePointer } from '../read/document.ts';
import type { FieldNode } from './fields.ts';
import { valueAt } from './value-at.ts';

/** Which finer units belong to which, by dimension: the communes of today's provinces. */
export interface Units {
  /** The unit that a finer one belongs to; `undefined`: not known, as a commune that is no more. */
  of(dimension: string, finer: string): string | undefined;
  /** The unit of today that one is, or was merged into; `undefined`: nothing is known of what belongs to it. */
  today(dimension: string, unit: string): string | undefined;
  /** Was there ever a finer one of this code, as far as can be known? */
  mayBe(dimension: string, finer: string): boolean;
}

/**
 * JSON Pointers, in a record, of what contradicts its dimensions.
 * @param strict a finer unit that is not known contradicts too, where those of the unit are known
 */
export type Misplaced = (record: unknown, units: Units, strict?: boolean) => string[];

interface Mark {
  readonly dimension: string;
  readonly pointer: string;
  readonly path: readonly string[];
  readonly finer: boolean;
}

/** @returns `undefined` when the schema says only once where a record is: nothing can disagree */
export function compileMisplaced(root: FieldNode): Misplaced | undefined {
  const marks = marksOf(root);
  const byDimension = Map.groupBy(marks, ({ dimension }) => dimension);
  const several = [...byDimension.values()].filter((list) => list.length > 1);
  if (several.length === 0) return undefined;
  return (record, units, strict = false) =>
    several.flatMap((list) => {
      let said: string | undefined;
      return list.flatMap(({ dimension, pointer, path, finer }) => {
        const code = valueAt(record, path);
        if (typeof code !== 'string') return [];
        if (!finer) said ??= code;
        if (said === undefined) return [];
        if (!finer) return code === said ? [] : [pointer];
        const today = units.today(dimension, said);
        if (today === undefined) return [];
        const unit = units.of(dimension, code);
        const agrees = unit === undefined ? !strict && units.mayBe(dimension, code) : unit === today;
        return agrees ? [] : [pointer];
      });
    });
}

/** The dimensions themselves first: what disagrees is what is finer. */
function marksOf(root: FieldNode): Mark[] {
  const marks: Mark[] = [];
  const visit = (node: FieldNode, path: readonly string[]): void => {
    const dimension = node.scope ?? node.within;
    if (dimension !== undefined && node.leaf) {
      const pointer = path.map((name) => `/${escapePointer(name)}`).join('');
      marks.push({ dimension, pointer, path, finer: node.scope === undefined });
    }
    for (const [name, child] of node.properties) visit(child, [...path, name]);
  };
  visit(root, []);
  return marks.sort((one, other) => Number(one.finer) - Number(other.finer));
}
