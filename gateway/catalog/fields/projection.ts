/** Minimising, compiled: from an answer to what a grant discloses of it. */
import type { FieldNode } from './fields.ts';
import type { Selection } from './selection.ts';

/** Keeps granted leaves of a value. An object or array without any granted leaf below it is left out by its parent. */
export type Projection = (value: unknown) => unknown;

const identity: Projection = (value) => value;

/** Compiles the projection of a selection; `undefined` when nothing below the node is disclosed. */
export function compileProjection(node: FieldNode, selection: Selection): Projection | undefined {
  const part = selection.of(node);
  if (part === 'none') return undefined;
  // A validated answer holds nothing but the schema's properties where the schema is closed: there, what is granted wholly can
  // pass as it is. An open object may hold more, which nobody granted.
  if (part === 'all' && node.closed) return identity;
  const ofItem = node.item && compileProjection(node.item, selection);
  const kept: { name: string; project: Projection }[] = [];
  for (const [name, child] of node.properties) {
    const project = compileProjection(child, selection);
    if (project) kept.push({ name, project });
  }
  // A field may be an object in one answer and a list in the next (`oneOf`): each form is held to what is granted of it.
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
