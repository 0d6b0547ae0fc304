/**
 * The registries of this build: the only place of the gateway that names them.
 *
 * What a registry is made of is in its own folder; only `config.ts` of it is imported here, so that the configuration and the
 * commands that read a catalogue know all registries, and load no adapter.
 */
import { business } from '../adapters/business/config.ts';
import { land } from '../adapters/land/config.ts';
import type { Offers } from '../adapters/offers.ts';
import { population } from '../adapters/population/config.ts';

export const registries = [population, business, land] as const;

/** What the adapters of this build serve: contracts are held against it before anything starts. */
export const builtInOffers: Offers = new Map(registries.map(({ name, offer }) => [name, offer]));
