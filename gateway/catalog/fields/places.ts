/**
 * Finds contradictions in a record's location. Several fields may hold a dimension (`x-scope`), and a code of a finer division
 * (`x-within`) implies it too: a commune belongs to one province.
 */
import { escapePointer } from '../read/document.ts';
import type { FieldNode } from './fields.ts';
import { valueAt } from './value-at.ts';

/** The finer units of each unit, by dimension: the communes of today's provinces. */
export interface Units {
  /** The unit of a finer one; `undefined`: not known, such as that of a former commune. */
  of(dimension: string, finer: string): string | undefined;
  /** The unit of today for a present or merged unit; `undefined`: its finer units are not known. */
  today(dimension: string, unit: string): string | undefined;
  /** May a finer unit with this code have existed at some time? */
  mayBe(dimension: string, finer: string): boolean;
}

/**
 * JSON Pointers, in a record, of the codes that contradict its dimensions.
 * @param strict an unknown finer unit contradicts too, where the finer units of the dimension's value are known
 */
export type Misplaced = (record: unknown, units: Units, strict?: boolean) => string[];

interface Mark {
  readonly dimension: string;
  readonly pointer: string;
  readonly path: readonly string[];
  readonly finer: boolean;
}

/** @returns `undefined` when only one field holds the location: nothing can contradict it */
export function compileMisplaced(root: FieldNode): Misplaced | undefined {
  const marks = marksOf(root);
  const byDimension = Map.groupBy(marks, ({ dimension }) => dimension);
  const several = [...byDimension.values()].filter((list) => list.length > 1);
  if (several.length === 0) return undefined;
  return (record, units, strict = false) =>
    several.flatMap((list) => {
      let stated: string | undefined;
      return list.flatMap(({ dimension, pointer, path, finer }) => {
        const code = valueAt(record, path);
        if (typeof code !== 'string') return [];
        if (!finer) stated ??= code;
        if (stated === undefined) return [];
        if (!finer) return code === stated ? [] : [pointer];
        const today = units.today(dimension, stated);
        if (today === undefined) return [];
        const unit = units.of(dimension, code);
        const agrees = unit === undefined ? !strict && units.mayBe(dimension, code) : unit === today;
        return agrees ? [] : [pointer];
      });
    });
}

/** Dimensions before finer units: a contradiction is reported at the finer one. */
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
