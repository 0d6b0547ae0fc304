/**
 * The registries of this build. No other file of the gateway names them.
 *
 * Each registry has its own folder. This file imports only its `config.ts`, so that the configuration and the
 * commands that read a catalogue know all registries, and load no adapter.
 */
import { business } from '../adapters/business/config.ts';
import { land } from '../adapters/land/config.ts';
import type { Offers } from '../adapters/offers.ts';
import { population } from '../adapters/population/config.ts';

export const registries = [population, business, land] as const;

/** The offers of this build's adapters. Contracts are checked against them before anything starts. */
export const builtInOffers: Offers = new Map(registries.map(({ name, offer }) => [name, offer]));
