/**
 * What the fields of a grant make of its contract: compiled once for all agreements that grant the same fields of the
 * same contract, and kept while the contract lasts.
 */

import {
  collectSubjects,
  compileProjection,
  compileSubjects,
  type FieldNode,
  type FieldPath,
  type FieldSet,
  grantFields,
  type Projection,
} from './fields.ts';
import { compileTouches } from './touches.ts';

export interface Granted {
  readonly fields: FieldSet;
  readonly discloses: (path: FieldPath) => boolean;
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
) => Granted | { readonly errors: readonly { readonly index: number; readonly message: string }[] };

export function createGrantedParts(): GrantedParts {
  const known = new WeakMap<FieldNode, Map<string, Granted>>();
  return (root, paths, revision) => {
    const ofRoot = known.get(root) ?? new Map<string, Granted>();
    known.set(root, ofRoot);
    const key = `${revision} ${paths.toSorted().join(' ')}`;
    const same = ofRoot.get(key);
    if (same) return same;
    const granted = grantFields(root, paths, revision);
    if ('errors' in granted) return granted;
    const { fields } = granted;
    const disclosed = new Set(fields.disclosed);
    let touches: ReturnType<Granted['touches']> | undefined;
    const part: Granted = {
      fields,
      discloses: (path) => disclosed.has(path),
      project: compileProjection(root, disclosed),
      subjects: collectSubjects(compileSubjects(root, disclosed)),
      touches: () => {
        touches ??= compileTouches(fields);
        return touches;
      },
    };
    ofRoot.set(key, part);
    return part;
  };
}
