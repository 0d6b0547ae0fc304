import { BusinessRegistry } from './business/registry.ts';
import { serveBusiness } from './business/server.ts';
import { businessCredentials, landApiKeys, populationCredentials } from './credentials.ts';
import type { Listening } from './http/listen.ts';
import { keptChanges } from './kept-changes.ts';
import { CENTRAL_MERIDIANS } from './land/cadastre.ts';
import { LandRegistry } from './land/registry.ts';
import { serveLand } from './land/server.ts';
import { SERVICE_PATH } from './population/protocol.ts';
import { PopulationRegistry } from './population/registry.ts';
import { servePopulation } from './population/server.ts';

export interface RegistryPorts {
  population: number;
  business: number;
  land: number;
}

export interface RegistriesOptions {
  /** 127.0.0.1 by default. */
  host?: string;
  /** 0, the default, for a free one. */
  ports?: Partial<RegistryPorts>;
  /** Of the business registry's tokens; 300 by default, and fractions count. */
  tokenLifetimeSeconds?: number;
  /** A file to keep changes in and to know them from at the next start; without one they are forgotten. */
  journal?: string;
  /** The business registry's clock, in milliseconds since the epoch; by default this machine's. */
  now?: () => number;
}

/** Everything that a client needs to call the registries; it can be sent as JSON. */
export interface RegistryConnections {
  /** `url` is the one to post to. */
  population: { url: string; user: string; secret: string; apiKey: string; roadClient: string };
  business: { url: string; consumerKey: string; consumerSecret: string };
  /** By province code. `centralMeridian`, in degrees, is of the VN-2000 zone of the coordinates. */
  land: { upstreams: Record<string, { url: string; apiKey: string; centralMeridian: number }> };
  /** Base URLs of the control endpoints, `{url}/control/faults` and so on. */
  control: { population: string; business: string; land: string };
}

export interface RunningRegistries extends RegistryConnections {
  /** The registries themselves: `change()` applies a chosen change, from the same process. */
  registries: { population: PopulationRegistry; business: BusinessRegistry; land: LandRegistry };
  close(): Promise<void>;
}

/** Starts the three simulated registries in this process. Throws, with nothing left open, if a port is taken. */
export async function startRegistries(options: RegistriesOptions = {}): Promise<RunningRegistries> {
  const { host = '127.0.0.1', ports = {}, tokenLifetimeSeconds = 300, journal, now } = options;
  const registries = {
    population: new PopulationRegistry(journal ? keptChanges(journal, 'population') : undefined),
    business: new BusinessRegistry(journal ? keptChanges(journal, 'business') : undefined, now),
    land: new LandRegistry(journal ? keptChanges(journal, 'land') : undefined),
  };
  const open: Listening[] = [];
  const close = async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  };
  const opened = async (starting: Promise<Listening>): Promise<string> => {
    const server = await starting;
    open.push(server);
    return server.url;
  };
  try {
    const control = {
      population: await opened(servePopulation(registries.population, host, ports.population ?? 0)),
      business: await opened(
        serveBusiness(registries.business, host, ports.business ?? 0, tokenLifetimeSeconds),
      ),
      land: await opened(serveLand(registries.land, host, ports.land ?? 0)),
    };
    return { ...connections(control), registries, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function connections(control: RegistryConnections['control']): RegistryConnections {
  const provinces = Object.entries(landApiKeys).map(([province, apiKey]) => {
    const centralMeridian = Number(CENTRAL_MERIDIANS[province]);
    return [province, { url: `${control.land}/${province}`, apiKey, centralMeridian }] as const;
  });
  return {
    population: { url: `${control.population}${SERVICE_PATH}`, ...populationCredentials },
    business: { url: control.business, ...businessCredentials },
    land: { upstreams: Object.fromEntries(provinces) },
    control,
  };
}
