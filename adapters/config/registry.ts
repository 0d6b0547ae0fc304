/**
 * A registry, declared by its folder (`adapters/{name}/config.ts`): its variables, its adapter's offer, and its connection.
 *
 * `gateway/registries.ts` is the one list of registries. Commands that only read the catalogue or the environment import it too,
 * so a `config.ts` MUST NOT import its adapter but by `load`.
 */
import type { Adapter } from '../adapter.ts';
import type { Offer } from '../offers.ts';
import type { UpstreamOptions } from '../upstream/upstream.ts';
import type { NameOf, Owner, Reader, Variable } from './variables.ts';

export interface Registry<
  Name extends string = string,
  Rows extends readonly Variable[] = readonly Variable[],
  Settings = unknown,
> extends Owner<Rows> {
  /** As contracts and `Adapter.registry` name it. */
  readonly name: Name;
  /** Known without an adapter, because `lienthong check` has no registry's address. */
  readonly offer: Offer;
  /** The variable that connects the registry: without it the others have no effect, and its services answer 503. */
  readonly connectedBy: NameOf<Rows>;
  /** @returns `undefined` when the registry is not connected, or when it could not be, which is reported */
  read(read: Reader<Rows>, country: Country): Settings | undefined;
  /** Loads the code of the adapter. */
  load(): Promise<Connector<NoInfer<Settings>>>;
  /** Milliseconds between looks at the registry's journal; `undefined`, or left out: its provider pushes. */
  pollEvery?(settings: NoInfer<Settings>): number | undefined;
}

export interface Connector<Settings> {
  connect(settings: Settings, options: UpstreamOptions): Adapter;
}

/** The country's administrative units, for all registries. */
export interface Country {
  /**
   * Province code of each commune code; empty when it is not known.
   * @param variable needs the list: a missing list is reported with its name
   */
  provinceOfCommune(variable: string): Readonly<Record<string, string>>;
}

/** Infers the types of `read` from the rows, and those of `load` from the settings. */
export function defineRegistry<const Name extends string, const Rows extends readonly Variable[], Settings>(
  registry: Registry<Name, Rows, Settings>,
): Registry<Name, Rows, Settings> {
  return registry;
}
