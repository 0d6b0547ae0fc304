/**
 * What changed between two states of a record. A poller is told the state alone, and who is told of a change depends on
 * what changed: too little, and a copy stays behind; too much, and an agency hears of what it may not see.
 */
import type { StreamEntity } from '../../catalog/catalog.ts';
import { canonicalise } from '../canonical.ts';
import { resolves } from '../pointers.ts';

/** Every field that the entity has, from the top: nobody knows what changed, and what is gone may have been there. */
export function allFields({ leaves }: StreamEntity): string[] {
  return [...new Set(leaves.map(({ path }) => path.split('/').slice(0, 2).join('/')))];
}

/** JSON Pointers to what differs, as near to the leaves as objects go; arrays differ as a whole. Both are valid states. */
export function changedFields(entity: StreamEntity, before: unknown, after: unknown): string[] {
  return differences(entity, '', before, after);
}

function differences(entity: StreamEntity, at: string, before: unknown, after: unknown): string[] {
  if (canonicalise(before) === canonicalise(after)) return [];
  if (!isObject(before) || !isObject(after)) return [at];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  // A leaf may be an object: nothing inside it has a pointer of its own.
  if (!names.every((name) => resolves(entity, `${at}/${name}`))) return [at];
  return names.flatMap((name) => differences(entity, `${at}/${name}`, before[name], after[name]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
