/** The JSON Pointers (RFC 6901) that `changedFields` may have: those of a leaf of the entity, or of an object or array with one. */
import type { StreamEntity } from '../../catalog/catalog.ts';

/** The fields of the entity's schema, by (escaped) names, `*` for the items of an array. A leaf has no members. */
export interface FieldTree {
  readonly members: ReadonlyMap<string, FieldTree>;
}

interface Node extends FieldTree {
  readonly members: Map<string, Node>;
}

const trees = new WeakMap<StreamEntity, FieldTree>();

export function fieldTree(entity: StreamEntity): FieldTree {
  let tree = trees.get(entity);
  if (!tree) {
    tree = treeOf(entity.leaves.map((leaf) => leaf.path));
    trees.set(entity, tree);
  }
  return tree;
}

/**
 * Does `pointer` lead to a field of the entity's schema? An index names one item of an array, `*` names all of them, and `/owners`
 * the whole array.
 */
export function resolves(entity: StreamEntity, pointer: string): boolean {
  if (pointer === '' || !pointer.startsWith('/')) return false;
  let node: FieldTree | undefined = fieldTree(entity);
  for (const segment of pointer.slice(1).split('/')) {
    node =
      node.members.get(segment) ?? (/^(0|[1-9]\d{0,5})$/.test(segment) ? node.members.get('*') : undefined);
    if (!node) return false;
  }
  return true;
}

function treeOf(paths: readonly string[]): FieldTree {
  const root: Node = { members: new Map() };
  for (const path of paths) {
    let node = root;
    for (const segment of path.slice(1).split('/')) {
      const next = node.members.get(segment) ?? { members: new Map() };
      node.members.set(segment, next);
      node = next;
    }
  }
  return root;
}
