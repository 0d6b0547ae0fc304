/**
 * `oneOf` that says "exactly one of these properties": the one condition of which it can be told that it takes every request that
 * was taken before. A contract that accepted one number of a person, and accepts another in its place now, breaks nobody.
 */
import { unescapePointer } from '../read/document.ts';
import type { Places } from './schema.ts';

/**
 * Does each request that was valid before fit exactly one branch?
 * @param path of the place that has a new `oneOf`
 * @param oneOf as the place has it: JSON
 */
export function takesAllFromBefore(before: Places, path: string, oneOf: string): boolean {
  const branches = (JSON.parse(oneOf) as readonly unknown[]).map(requiredAlone);
  const old = before.get(path);
  if (!old || old.open || branches.includes(undefined)) return false;
  const known = new Map(
    [...before].flatMap(([at, place]) => {
      const name = at.slice(path.length + 1);
      const isProperty = at.startsWith(`${path}/`) && name !== '*' && !name.includes('/');
      return isProperty ? [[unescapePointer(name), place.required]] : [];
    }),
  );
  const fits = branches.filter((names) => names!.every((name) => known.get(name)));
  const cannot = branches.filter((names) => names!.some((name) => !known.has(name)));
  return fits.length === 1 && cannot.length === branches.length - 1;
}

/** The names that a branch requires; `undefined` when it says anything else. */
function requiredAlone(branch: unknown): readonly string[] | undefined {
  if (typeof branch !== 'object' || branch === null) return undefined;
  const { required, properties = {}, ...more } = branch as { required?: string[]; properties?: object };
  const saysMore = Object.values(properties).some((property) => property !== true);
  return required && !saysMore && Object.keys(more).length === 0 ? required : undefined;
}
