/** Which leaves of a contract's tree a grant discloses. */
import { hash } from 'node:crypto';
import { type FieldNode, type FieldPath, find, leavesOf } from './fields.ts';

/** Which leaves are disclosed and which are withheld: the same for every record of a grant. */
export interface FieldSet {
  /** SHA-256 over both lists, hex; evidence rows refer to it. */
  readonly digest: string;
  readonly disclosed: readonly FieldPath[];
  readonly withheld: readonly FieldPath[];
}

export interface Selection {
  readonly fields: FieldSet;
  /** How many of the leaves below a node of the tree are disclosed? */
  of(node: FieldNode): 'all' | 'some' | 'none';
}

export interface PathError {
  /** In the list of paths. */
  readonly index: number;
  readonly message: string;
}

/**
 * The leaves that a list of granted paths discloses. Granting an object means its leaves in the revision that was
 * agreed: a leaf added later needs a new grant.
 * @returns the selection, or messages that say which path is wrong and why
 */
export function selectFields(
  root: FieldNode,
  paths: readonly FieldPath[],
  revision: number,
): Selection | { readonly errors: readonly PathError[] } {
  const at = finderOf(root);
  const leaves = leavesOf(root);
  const granted = new Uint8Array(leaves.length);
  const errors: PathError[] = [];
  paths.forEach((path, index) => {
    const node = at(path);
    if (!node) {
      errors.push({ index, message: `field "${path}" is not in the contract` });
    } else if (node.leaf && node.leaf.since > revision) {
      const { since } = node.leaf;
      const message = `field "${path}" came with revision ${since}; this was agreed at revision ${revision}`;
      errors.push({ index, message });
    } else {
      let again = false;
      for (let i = node.first; i < node.end; i++) {
        if (granted[i] === 1) again = true;
        else if (leaves[i]!.since <= revision) granted[i] = 1;
      }
      if (again)
        errors.push({
          index,
          message: `field "${path}" is granted twice: another path covers it, or part of it`,
        });
    }
  });
  if (errors.length > 0) return { errors };

  const disclosed: FieldPath[] = [];
  const withheld: FieldPath[] = [];
  // before[i]: how many of the first i leaves are disclosed, so that a node is one subtraction.
  const before = new Uint32Array(leaves.length + 1);
  leaves.forEach(({ path }, i) => {
    (granted[i] ? disclosed : withheld).push(path);
    before[i + 1] = before[i]! + granted[i]!;
  });
  return {
    fields: new Fields(disclosed, withheld),
    of({ first, end }) {
      const count = before[end]! - before[first]!;
      if (count === 0) return 'none';
      return count === end - first ? 'all' : 'some';
    },
  };
}

/** Of a large catalogue most grants are never asked for: their digests are made when they are. */
class Fields implements FieldSet {
  readonly disclosed: readonly FieldPath[];
  readonly withheld: readonly FieldPath[];
  #digest: string | undefined;

  constructor(disclosed: readonly FieldPath[], withheld: readonly FieldPath[]) {
    this.disclosed = disclosed;
    this.withheld = withheld;
  }

  get digest(): string {
    this.#digest ??= hash('sha256', JSON.stringify([this.disclosed, this.withheld]));
    return this.#digest;
  }
}

type Finder = (path: FieldPath) => FieldNode | undefined;

const finders = new WeakMap<FieldNode, Finder>();

/** As `find`; agreements name the same few paths again and again. */
function finderOf(root: FieldNode): Finder {
  let finder = finders.get(root);
  if (!finder) {
    const nodes = new Map<FieldPath, FieldNode>();
    finder = (path) => {
      const node = nodes.get(path) ?? find(root, path);
      if (node) nodes.set(path, node);
      return node;
    };
    finders.set(root, finder);
  }
  return finder;
}
