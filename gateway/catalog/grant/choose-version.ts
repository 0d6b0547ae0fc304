/**
 * Chooses the version of a service named without one: the newest that an agreement in force grants to the system, then the
 * newest that any of its agreements names, then the newest of all. `explain` and `call` choose alike.
 */
export interface VersionChoice {
  readonly version: number;
  /** For each of the system's agreements that name this version: is it in force? */
  readonly inForce: readonly boolean[];
}

export function chooseVersion<V extends VersionChoice>(versions: readonly V[]): V | undefined {
  return [...versions].sort((a, b) => rank(b) - rank(a) || b.version - a.version)[0];
}

function rank({ inForce }: VersionChoice): number {
  return inForce.includes(true) ? 2 : Math.min(inForce.length, 1);
}

/** `population.person.lookup@2` → name and version; without `@`, no version. */
export function readServiceName(text: string): { readonly name: string; readonly version?: number } {
  const [, name, version] = /^(.+)@([1-9]\d{0,8})$/.exec(text) ?? [];
  return name === undefined ? { name: text } : { name, version: Number(version) };
}
