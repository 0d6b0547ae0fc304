/**
 * A simulated registry, from its own folder: `{name}/simulated.ts`. `registries.ts` is the one list of them.
 *
 * The sandbox, the process that simulates and the tests import the list. Each loads the part that it alone needs: the server with
 * its data, the samples, the provider.
 */
import type { Listening } from './http/listen.ts';

export interface Simulated<
  Name extends string = string,
  Connection = unknown,
  Registry = unknown,
  Sampled extends Samplings = Samplings,
> {
  /** Its name in contracts. */
  readonly name: Name;
  /** Printed beside its address: `simulated, SOAP`. */
  readonly about: string;
  /** Default port. */
  readonly port: number;
  /** The owner's system, which publishes its changes where there is a provider. */
  readonly system: string;
  /** The connection data for a client, serialisable as JSON. */
  connectionTo(baseUrl: string): Connection;
  /** Variables for a gateway that is connected to it. */
  variables(connection: Connection): Record<string, string>;
  server(): Promise<{ start(options: StartOptions): Promise<Started<Registry>> }>;
  samples(): Promise<{ samples(): Sampled }>;
  /** Left out: nobody publishes its changes. */
  provider?(): Promise<{ readonly provider: Provider }>;
}

export interface StartOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** File that keeps changes over restarts; left out: they are forgotten. */
  readonly journal: string | undefined;
  /** Lifetime of tokens, where the registry issues any; fractions count. */
  readonly tokenLifetimeSeconds: number;
  /** The registry's clock, in milliseconds since the epoch; by default this machine's. */
  readonly now: (() => number) | undefined;
}

export interface Started<Registry> {
  readonly registry: Registry;
  readonly server: Listening;
}

/** Records to try, by kind. */
export interface Samplings {
  readonly sets: object;
  /** Records that are hard for systems, by label. */
  readonly notable: object;
}

/** Translates a registry's change for publication by its owner; the trickle sends the result. */
export interface Provider {
  readonly entity: string;
  /** The registry's record in canonical form. */
  readonly read: (record: unknown, provinceOfCommune: Readonly<Record<string, string>>) => unknown;
  /** Canonical places of the registry's changed fields. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Places that change with every version. */
  readonly always: readonly string[];
}

/** Types the parts of one registry by each other. */
export function defineSimulated<const Name extends string, Connection, Registry, Sampled extends Samplings>(
  simulated: Simulated<Name, Connection, Registry, Sampled>,
): Simulated<Name, Connection, Registry, Sampled> {
  return simulated;
}
