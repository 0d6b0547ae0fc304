/** Fields that systems gain and lose: for each system, each service or change stream, and each purpose. */
import type { Catalog, FieldPath } from '../catalog.ts';

export interface AccessChange {
  readonly system: string;
  /** `population.person.lookup@1`, or for a stream its name and entity: `business.changes.read enterprise`. */
  readonly target: string;
  /** Purposes with the same gains and losses. */
  readonly purposes: readonly string[];
  /** In the schema's order. */
  readonly gains: readonly FieldPath[];
  readonly loses: readonly FieldPath[];
  /** Agreements that grant the gained fields, and that granted the lost ones. */
  readonly grantedBy: readonly string[];
  readonly lostWith: readonly string[];
}

/** Fields and the agreements that grant them. */
type Fields = ReadonlyMap<FieldPath, ReadonlySet<string>>;

const nothing: Fields = new Map();

/** By system and target, sorted. Terms, rows and headers are compared elsewhere (`agreements.ts`). */
export function compareAccess(before: Catalog, after: Catalog): AccessChange[] {
  const [old, now] = [accessOf(before), accessOf(after)];
  const found = new Map<string, AccessChange>();
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(key) ?? nothing, now.get(key) ?? nothing];
    const gains = [...is.keys()].filter((field) => !was.has(field));
    const loses = [...was.keys()].filter((field) => !is.has(field));
    if (gains.length === 0 && loses.length === 0) continue;
    const [system, target, purpose] = key.split('\0') as [string, string, string];
    const change = {
      system,
      target,
      gains,
      loses,
      grantedBy: agreementsOf(is, gains),
      lostWith: agreementsOf(was, loses),
    };
    const same = JSON.stringify(change);
    found.set(same, { ...change, purposes: [...(found.get(same)?.purposes ?? []), purpose].sort() });
  }
  return [...found.values()].sort(
    (a, b) => a.system.localeCompare(b.system) || a.target.localeCompare(b.target),
  );
}

function accessOf(catalog: Catalog): Map<string, Map<FieldPath, Set<string>>> {
  const access = new Map<string, Map<FieldPath, Set<string>>>();
  const add = (
    system: string,
    target: string,
    { number, purposes }: { number: string; purposes: readonly string[] },
    disclosed: readonly FieldPath[],
  ) => {
    for (const purpose of purposes) {
      const key = `${system}\0${target}\0${purpose}`;
      const fields = access.get(key) ?? new Map<FieldPath, Set<string>>();
      access.set(key, fields);
      for (const field of disclosed) fields.set(field, (fields.get(field) ?? new Set()).add(number));
    }
  };
  for (const [system, grants] of catalog.grants) {
    for (const [target, list] of grants) {
      for (const { agreement, fields } of list) add(system, target, agreement, fields.disclosed);
    }
  }
  for (const { systems, stream, entity, agreement, fields } of catalog.streamGrants) {
    for (const system of systems) add(system, `${stream.name} ${entity.name}`, agreement, fields.disclosed);
  }
  return access;
}

function agreementsOf(fields: Fields, paths: readonly FieldPath[]): string[] {
  return [...new Set(paths.flatMap((path) => [...(fields.get(path) ?? [])]))].sort();
}
