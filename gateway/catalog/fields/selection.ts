/** Which leaves of a contract's tree a grant discloses. */
import { hash } from 'node:crypto';
import { type FieldNode, type FieldPath, find, type Leaf, leavesOf } from './fields.ts';

/** Disclosed and withheld leaves: the same for every record of a grant. */
export interface FieldSet {
  /** SHA-256 over both lists, hex; evidence rows refer to it. */
  readonly digest: string;
  readonly disclosed: readonly FieldPath[];
  readonly withheld: readonly FieldPath[];
}

export interface Selection {
  readonly fields: FieldSet;
  /** One bit for each leaf of the tree: selections of one tree with the same mask are the same selection. */
  readonly mask: string;
  /** Does it disclose nothing? */
  readonly isEmpty: boolean;
  /** How many of the leaves below a node of the tree are disclosed? */
  of(node: FieldNode): 'all' | 'some' | 'none';
}

export interface PathError {
  /** The index in the list of paths. */
  readonly index: number;
  readonly message: string;
}

/**
 * The leaves that a list of granted paths discloses. Granting an object means its leaves in the agreed revision: a leaf added
 * later needs a new grant.
 * @returns the selection, or a message for each wrong path
 */
export function selectFields(
  root: FieldNode,
  paths: readonly FieldPath[],
  revision: number,
): Selection | { readonly errors: readonly PathError[] } {
  const { leaves, nodes, marks } = treeOf(root);
  marks.fill(0);
  const errors: PathError[] = [];
  for (let index = 0; index < paths.length; index++) {
    const path = paths[index]!;
    const node = nodes.get(path) ?? find(root, path);
    if (!node) {
      errors.push({ index, message: `field "${path}" is not in the contract` });
      continue;
    }
    nodes.set(path, node);
    if (node.leaf && node.leaf.since > revision) {
      const { since } = node.leaf;
      const message = `field "${path}" came with revision ${since}; this was agreed at revision ${revision}`;
      errors.push({ index, message });
      continue;
    }
    let again = false;
    for (let i = node.first; i < node.end; i++) {
      if (marks[i] === 1) again = true;
      else if (leaves[i]!.since <= revision) marks[i] = 1;
    }
    if (again)
      errors.push({
        index,
        message: `field "${path}" is granted twice: another path covers it, or part of it`,
      });
  }
  return errors.length > 0 ? { errors } : new Selected(leaves, maskOf(marks));
}

/** Lists, counts and digests are computed on first use: most grants of a large catalogue are never used. */
class Selected implements Selection, FieldSet {
  readonly mask: string;
  readonly #leaves: readonly Leaf[];
  #disclosed: readonly FieldPath[] | undefined;
  #withheld: readonly FieldPath[] | undefined;
  /** Numbers of disclosed leaves before each leaf, so that the count of a node is one subtraction. */
  #before: readonly number[] | undefined;
  #digest: string | undefined;

  constructor(leaves: readonly Leaf[], mask: string) {
    this.#leaves = leaves;
    this.mask = mask;
  }

  get isEmpty(): boolean {
    return /^\0*$/.test(this.mask);
  }

  get fields(): FieldSet {
    return this;
  }

  get disclosed(): readonly FieldPath[] {
    this.#disclosed ??= this.#paths(1);
    return this.#disclosed;
  }

  get withheld(): readonly FieldPath[] {
    this.#withheld ??= this.#paths(0);
    return this.#withheld;
  }

  get digest(): string {
    this.#digest ??= hash('sha256', JSON.stringify([this.disclosed, this.withheld]));
    return this.#digest;
  }

  of({ first, end }: FieldNode): 'all' | 'some' | 'none' {
    // A single leaf, the most common question, needs no counts.
    if (end - first === 1) return markAt(this.mask, first) === 1 ? 'all' : 'none';
    this.#before ??= this.#count();
    const count = this.#before[end]! - this.#before[first]!;
    if (count === 0) return 'none';
    return count === end - first ? 'all' : 'some';
  }

  #paths(mark: 0 | 1): FieldPath[] {
    return this.#leaves.filter((_, index) => markAt(this.mask, index) === mark).map(({ path }) => path);
  }

  #count(): number[] {
    const before = [0];
    for (let i = 0; i < this.#leaves.length; i++) before.push(before[i]! + markAt(this.mask, i));
    return before;
  }
}

/** Bits in each code unit of a mask, which is a string. */
const UNIT = 16;

function maskOf(marks: Uint8Array): string {
  let mask = '';
  for (let start = 0; start < marks.length; start += UNIT) {
    let unit = 0;
    for (let i = start; i < start + UNIT; i++) unit = (unit << 1) | (marks[i] ?? 0);
    mask += String.fromCharCode(unit);
  }
  return mask;
}

function markAt(mask: string, index: number): number {
  return (mask.charCodeAt(Math.floor(index / UNIT)) >> (UNIT - 1 - (index % UNIT))) & 1;
}

/** Data that all selections of a tree share. */
interface Tree {
  readonly leaves: readonly Leaf[];
  /** Nodes found so far, by path: agreements repeat the same few paths. */
  readonly nodes: Map<FieldPath, FieldNode>;
  /** Disclosed leaves of the selection under construction. */
  readonly marks: Uint8Array;
}

const trees = new WeakMap<FieldNode, Tree>();

function treeOf(root: FieldNode): Tree {
  let tree = trees.get(root);
  if (!tree) {
    const leaves = leavesOf(root);
    tree = { leaves, nodes: new Map(), marks: new Uint8Array(leaves.length) };
    trees.set(root, tree);
  }
  return tree;
}
