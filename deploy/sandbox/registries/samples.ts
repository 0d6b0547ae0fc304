/** Identifiers to try the registries with; the same on every run. */
import { registries, type Simulations } from './registries.ts';
import type { Simulated } from './simulated.ts';

type Sampled = ReturnType<Awaited<ReturnType<Simulations['samples']>>['samples']>;

/** Of `{ a } | { b }`: `{ a } & { b }`. */
type Together<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** The samples of all registries together, and the records that are hard for systems. */
export type Samples = Together<Sampled['sets']> & { notable: Together<Sampled['notable']> };

const modules = await Promise.all(registries.map((registry: Simulated) => registry.samples()));

export function samples(): Samples {
  const drawn = modules.map((module) => module.samples());
  return Object.assign({}, ...drawn.map(({ sets }) => sets), {
    notable: Object.assign({}, ...drawn.map(({ notable }) => notable)),
  });
}
