/**
 * Which version a service's name means when no version is named: the newest that an agreement of the system in force
 * grants, then the newest that any agreement of it names, then the newest there is. `explain` and `call` choose alike.
 */
export interface VersionChoice {
  readonly version: number;
  /** Of the system's agreements that name this version: whether each is in force. */
  readonly inForce: readonly boolean[];
}

export function chooseVersion<V extends VersionChoice>(versions: readonly V[]): V | undefined {
  return [...versions].sort((a, b) => rank(b) - rank(a) || b.version - a.version)[0];
}

function rank({ inForce }: VersionChoice): number {
  return inForce.includes(true) ? 2 : Math.min(inForce.length, 1);
}

/** `population.person.lookup@2` → its name and its version; without `@`, the version is left open. */
export function readServiceName(text: string): { readonly name: string; readonly version?: number } {
  const [, name, version] = /^(.+)@([1-9]\d{0,8})$/.exec(text) ?? [];
  return name === undefined ? { name: text } : { name, version: Number(version) };
}
