/**
 * The parts of a grant that depend only on its fields and its contract: compiled once for all agreements that grant the same
 * fields, and kept as long as the contract.
 */
import type { FieldNode, FieldPath } from '../fields/fields.ts';
import { compileProjection, type Projection } from '../fields/projection.ts';
import { type PathError, type Selection, selectFields } from '../fields/selection.ts';
import { compileSubjects } from '../fields/subjects.ts';
import { compileTouches } from '../fields/touches.ts';

/** Compiled with the first call: most grants of a large catalogue are never used. */
export interface Granted {
  readonly selection: Selection;
  /** `undefined`: nothing is granted. */
  readonly project: Projection | undefined;
  readonly subjects: (data: unknown) => string[];
  /** Does a change of these pointers touch a granted field? */
  readonly touches: (changedFields: readonly string[]) => boolean;
}

export type GrantedParts = (
  root: FieldNode,
  paths: readonly FieldPath[],
  revision: number,
) => Granted | { readonly errors: readonly PathError[] };

export function createGrantedParts(): GrantedParts {
  const known = new WeakMap<FieldNode, Map<string, Granted>>();
  return (root, paths, revision) => {
    const selection = selectFields(root, paths, revision);
    if ('errors' in selection) return selection;
    let ofRoot = known.get(root);
    if (!ofRoot) {
      ofRoot = new Map();
      known.set(root, ofRoot);
    }
    const same = ofRoot.get(selection.mask);
    if (same) return same;
    const part = compileGranted(root, selection);
    ofRoot.set(selection.mask, part);
    return part;
  };
}

function compileGranted(root: FieldNode, selection: Selection): Granted {
  let project: Projection | undefined;
  let subjects: Granted['subjects'] | undefined;
  let touches: Granted['touches'] | undefined;
  return {
    selection,
    project: selection.isEmpty
      ? undefined
      : (data) => {
          project ??= compileProjection(root, selection)!;
          return project(data);
        },
    subjects: (data) => {
      subjects ??= compileSubjects(root, selection);
      return subjects(data);
    },
    touches: (changedFields) => {
      touches ??= compileTouches(selection.fields);
      return touches(changedFields);
    },
  };
}
