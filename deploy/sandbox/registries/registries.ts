/** The simulated registries: the only place of the sandbox that names them. */
import { business } from './business/simulated.ts';
import { land } from './land/simulated.ts';
import { population } from './population/simulated.ts';
import type { Simulated } from './simulated.ts';

export const registries = [population, business, land] as const;

export type Simulations = (typeof registries)[number];

export type RegistryName = Simulations['name'];

/** The connection data for a client of all registries, serialisable as JSON. */
export type RegistryConnections = {
  [Each in Simulations as Each['name']]: ReturnType<Each['connectionTo']>;
} & {
  /** Base URLs of the control endpoints, `{url}/control/faults` and so on. */
  control: Record<RegistryName, string>;
};

/** Maps the name of each registry to a value. */
export function ofEach<Thing>(
  make: (name: RegistryName, simulated: Simulated) => Thing,
): Record<RegistryName, Thing> {
  const things = registries.map((simulated) => [simulated.name, make(simulated.name, simulated)]);
  return Object.fromEntries(things);
}

/** Options of a command line: `--population-port 8101`. */
export const portOptions = Object.fromEntries(
  registries.map(({ name, port }) => [`${name}-port`, { type: 'string', default: String(port) }]),
) as Record<`${RegistryName}-port`, { readonly type: 'string'; readonly default: string }>;

/** Variables for a gateway that is connected to all of them. */
export function variablesOf(connections: RegistryConnections): Record<string, string> {
  return Object.assign(
    {},
    ...registries.map(({ name, variables }: Simulated<RegistryName>) => variables(connections[name])),
  );
}
