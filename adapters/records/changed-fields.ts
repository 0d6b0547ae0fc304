import { malformed } from './mapping.ts';

/** JSON Pointers into the canonical record, by the registry's field. */
export interface FieldPointers {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Pointers that change with every change. */
  readonly always: readonly string[];
}

/**
 * Translates a registry's list of changed fields into JSON Pointers into the canonical record.
 * @throws UpstreamError `malformed` for a field that the table does not know: a change must not be published in part
 */
export function changedPointers({ fields, always }: FieldPointers, changed: readonly string[]): string[] {
  const pointers = changed.flatMap((name) => {
    if (!Object.hasOwn(fields, name)) throw malformed('changed fields');
    return fields[name]!;
  });
  return [...new Set([...pointers, ...always])];
}
