/**
 * Row scope: the records that an agreement covers. A dimension is a leaf that a schema marks with `x-scope` (`provinceCode`);
 * a record without a value there is outside. Fail closed.
 */
import { codesOfProvince } from '../../../adapters/values/provinces.ts';
import type { Scope } from '../catalog.ts';
import type { FieldNode } from '../fields/fields.ts';
import { valueAt } from '../fields/value-at.ts';
import { unescapePointer } from '../read/document.ts';

/** Reads the values of dimensions from a record, by the paths where a schema marks them. */
export type Dimensions = (record: unknown) => Record<string, string>;

/** Allowed values by scope dimension, as an agreement names them. */
type ScopeValues = Readonly<Record<string, readonly string[]>>;

interface Dimension {
  /** Member names, from the record. */
  readonly path: string[];
  readonly field: FieldNode;
}

const known = new WeakMap<FieldNode, ReadonlyMap<string, Dimension>>();

/** The scope dimensions of the records below a node (the items of a list are records). */
export function dimensionsOf(root: FieldNode): ReadonlyMap<string, Dimension> {
  const before = known.get(root);
  if (before) return before;
  const dimensions = new Map<string, Dimension>();
  known.set(root, dimensions);
  const visit = (node: FieldNode, path: string[]): void => {
    if (node.scope && node.leaf && !dimensions.has(node.scope))
      dimensions.set(node.scope, { path, field: node });
    for (const [name, child] of node.properties) visit(child, [...path, unescapePointer(name)]);
  };
  visit(root.item ?? root, []);
  return dimensions;
}

/** Compiles the dimensions of a schema's records. */
export function compileDimensions(root: FieldNode): { names: string[]; of: Dimensions } {
  const paths = [...dimensionsOf(root)].map(([name, { path }]) => [name, path] as const);
  return {
    names: paths.map(([name]) => name),
    of: (record) => {
      const values: Record<string, string> = {};
      for (const [name, path] of paths) {
        const value = valueAt(record, path);
        if (typeof value === 'string') values[name] = value;
      }
      return values;
    },
  };
}

/** The dimension whose values are provinces. */
const PROVINCE = 'provinceCode';

/**
 * Adds every value that a record inside a scope may have: a province of today also covers records that still have the code of a
 * province merged into it before the agreement began. A former province covers its own code only.
 * @param agreedOn the agreement's first day (ISO date); left out: today
 */
export function widen(values: ScopeValues, agreedOn?: string): ScopeValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, list]) => [
      name,
      name === PROVINCE ? [...new Set(list.flatMap((code) => codesOfProvince(code, agreedOn)))] : list,
    ]),
  );
}

/**
 * May a row for the requested value of a dimension be inside the scope? A request for a province of today includes the provinces
 * merged into it: a scope of one of those may cover a part of the rows.
 * @param within every value that a record inside may have (`widen`)
 */
export function compileReaches(dimension: string, within: readonly string[]): (asked: string) => boolean {
  return (asked) => widen({ [dimension]: [asked] })[dimension]!.some((value) => within.includes(value));
}

/**
 * Are these dimensions inside the allowed values?
 * @param within every value that a record inside may have (`widen`); `undefined`: all rows
 */
export function compileInScope(
  within: ScopeValues | undefined,
): (dimensions: Readonly<Record<string, string>>) => boolean {
  if (!within) return () => true;
  const allowed = Object.entries(within).map(([name, list]) => [name, new Set(list)] as const);
  return (dimensions) =>
    allowed.every(([name, set]) => dimensions[name] !== undefined && set.has(dimensions[name]));
}

/**
 * Compiles the scope of a grant.
 * @param within every value that a record inside may have (`widen`)
 * @returns the scope, or the names of dimensions that the schema does not have
 */
export function compileScope(
  root: FieldNode,
  values: ScopeValues,
  within: ScopeValues,
): { scope: Scope } | { unknown: string[] } {
  const dimensions = compileDimensions(root);
  const unknown = Object.keys(values).filter((name) => !dimensions.names.includes(name));
  if (unknown.length > 0) return { unknown };
  const inScope = compileInScope(within);
  const includes = (record: unknown) => inScope(dimensions.of(record));
  const isList = root.item !== undefined;
  return {
    scope: {
      values,
      within,
      includes,
      restrict: (data) => {
        if (isList) return Array.isArray(data) ? data.filter(includes) : undefined;
        return includes(data) ? data : undefined;
      },
    },
  };
}
