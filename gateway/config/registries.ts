/** Reads the settings of each registry by its own `config.ts`. A registry that is only half configured is an error. */
import type { Country, Registry } from '../../adapters/config/registry.ts';
import { registries } from '../registries.ts';
import type { Reading } from './reader.ts';

type AnyRegistry = (typeof registries)[number];

/** Settings by registry; `undefined`: it is not connected. */
export type RegistriesConfig = Readonly<Record<string, unknown>> & {
  readonly [Each in AnyRegistry as Each['name']]: ReturnType<Each['read']>;
};

export function readRegistries(reading: Reading, country: Country): RegistriesConfig {
  const settings = registries.map((registry: Registry) => [
    registry.name,
    readRegistry(reading, registry, country),
  ]);
  return Object.fromEntries(settings);
}

function readRegistry(reading: Reading, registry: Registry, country: Country): unknown {
  const { variables, connectedBy } = registry;
  const read = reading.of(variables);
  const settings = registry.read(read, country);
  const needless = read.isSet(connectedBy) ? [] : variables.filter(({ name }) => read.isSet(name));
  for (const { name } of needless) read.warn(name, `has no effect without ${connectedBy}`);
  return settings;
}
