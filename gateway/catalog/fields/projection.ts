/** Compiled minimising: reduces an answer to the granted fields. */
import type { FieldNode } from './fields.ts';
import type { Selection } from './selection.ts';

/** Keeps granted leaves of a value. An object or array without any granted leaf below it is left out by its parent. */
export type Projection = (value: unknown) => unknown;

const identity: Projection = (value) => value;

/** Compiles the projection of a selection; `undefined` when nothing below the node is disclosed. */
export function compileProjection(node: FieldNode, selection: Selection): Projection | undefined {
  const part = selection.of(node);
  if (part === 'none') return undefined;
  // Under a closed schema a validated answer holds the schema's properties only, so a fully granted part passes unchanged. An
  // open object may hold other properties, which are not granted.
  if (part === 'all' && node.closed) return identity;
  const ofItem = node.item && compileProjection(node.item, selection);
  const kept: { name: string; project: Projection }[] = [];
  for (const [name, child] of node.properties) {
    const project = compileProjection(child, selection);
    if (project) kept.push({ name, project });
  }
  // A field may be an object in one answer and a list in the next (`oneOf`): each form is projected by its own grant.
  return (value) => {
    if (typeof value !== 'object' || value === null) return part === 'all' ? value : undefined;
    if (Array.isArray(value)) return ofItem && value.map(ofItem);
    if (kept.length === 0) return undefined;
    const source = value as Readonly<Record<string, unknown>>;
    const result: Record<string, unknown> = {};
    for (const { name, project } of kept) {
      const member = source[name];
      if (member !== undefined) result[name] = project === identity ? member : project(member);
    }
    return result;
  };
}
