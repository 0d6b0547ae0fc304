import { malformed } from './mapping.ts';

/** Where in the canonical record each field of a registry's record shows: JSON Pointers. */
export interface Places {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** What changes with every change. */
  readonly always: readonly string[];
}

/**
 * The canonical places of what a registry says has changed.
 * @throws UpstreamError `malformed` for a field that the table does not know: a change must not be told in part
 */
export function changedPlaces({ fields, always }: Places, changed: readonly string[]): string[] {
  const places = changed.flatMap((name) => {
    if (!Object.hasOwn(fields, name)) throw malformed('changed fields');
    return fields[name]!;
  });
  return [...new Set([...places, ...always])];
}
