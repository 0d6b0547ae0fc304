/**
 * What the fields of a grant make of its contract: compiled once for all agreements that grant the same fields of the
 * same contract, and kept while the contract lasts.
 */
import type { FieldNode, FieldPath } from './fields.ts';
import { compileProjection, type Projection } from './projection.ts';
import { type FieldSet, type PathError, selectFields } from './selection.ts';
import { compileSubjects } from './subjects.ts';
import { compileTouches } from './touches.ts';

export interface Granted {
  readonly fields: FieldSet;
  /** `undefined`: nothing is granted. */
  readonly project: Projection | undefined;
  readonly subjects: (data: unknown) => string[];
  /** Does a change of these pointers touch anything granted? Made when first asked for: services never ask. */
  readonly touches: () => (changedFields: readonly string[]) => boolean;
}

export type GrantedParts = (
  root: FieldNode,
  paths: readonly FieldPath[],
  revision: number,
) => Granted | { readonly errors: readonly PathError[] };

export function createGrantedParts(): GrantedParts {
  const known = new WeakMap<FieldNode, Map<string, Granted>>();
  return (root, paths, revision) => {
    const ofRoot = known.get(root) ?? new Map<string, Granted>();
    known.set(root, ofRoot);
    const key = `${revision} ${paths.toSorted().join(' ')}`;
    const same = ofRoot.get(key);
    if (same) return same;
    const selection = selectFields(root, paths, revision);
    if ('errors' in selection) return selection;
    let touches: ReturnType<Granted['touches']> | undefined;
    const { fields } = selection;
    const part: Granted = {
      fields,
      project: compileProjection(root, selection),
      subjects: compileSubjects(root, selection),
      touches: () => {
        touches ??= compileTouches(fields);
        return touches;
      },
    };
    ofRoot.set(key, part);
    return part;
  };
}
