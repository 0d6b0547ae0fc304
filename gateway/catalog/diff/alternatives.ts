/**
 * `oneOf` of the form "exactly one of these properties": the only condition for which the comparison can prove that it accepts
 * every request that was accepted before. A contract that now accepts another number as an alternative breaks no caller.
 */
import { unescapePointer } from '../read/document.ts';
import type { ConstraintsByPath } from './schema.ts';

/**
 * Does each request that was valid before fit exactly one branch?
 * @param path of the schema with a new `oneOf`
 * @param oneOf its value: JSON
 */
export function takesAllFromBefore(before: ConstraintsByPath, path: string, oneOf: string): boolean {
  const branches = (JSON.parse(oneOf) as readonly unknown[]).map(requiredAlone);
  const old = before.get(path);
  if (!old || old.open || branches.includes(undefined)) return false;
  const known = new Map(
    [...before].flatMap(([at, constraints]) => {
      const name = at.slice(path.length + 1);
      const isProperty = at.startsWith(`${path}/`) && name !== '*' && !name.includes('/');
      return isProperty ? [[unescapePointer(name), constraints.required]] : [];
    }),
  );
  const fits = branches.filter((names) => names!.every((name) => known.get(name)));
  const cannot = branches.filter((names) => names!.some((name) => !known.has(name)));
  return fits.length === 1 && cannot.length === branches.length - 1;
}

/** The names that a branch requires; `undefined` when it has any other keyword. */
function requiredAlone(branch: unknown): readonly string[] | undefined {
  if (typeof branch !== 'object' || branch === null) return undefined;
  const { required, properties = {}, ...more } = branch as { required?: string[]; properties?: object };
  const saysMore = Object.values(properties).some((property) => property !== true);
  return required && !saysMore && Object.keys(more).length === 0 ? required : undefined;
}
