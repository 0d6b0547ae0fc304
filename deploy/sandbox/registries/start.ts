/** Starts the simulated registries in this process. */
import type { Listening } from './http/listen.ts';
import { type RegistryConnections, type RegistryName, registries, type Simulations } from './registries.ts';
import type { Simulated } from './simulated.ts';

export interface RegistriesOptions {
  /** 127.0.0.1 by default. */
  host?: string;
  /** 0, the default, for a free one. */
  ports?: Partial<Record<RegistryName, number>>;
  /** Seconds that the business registry's tokens are valid; default 300, and fractions count. */
  tokenLifetimeSeconds?: number;
  /** File that keeps changes over restarts; left out: they are forgotten. */
  journal?: string;
  /** The business registry's clock, in milliseconds since the epoch; by default this machine's. */
  now?: () => number;
}

type ServerOf<Each extends Simulations> = Awaited<ReturnType<Each['server']>>;
type RegistryOf<Each extends Simulations> = Awaited<ReturnType<ServerOf<Each>['start']>>['registry'];

export type RunningRegistries = RegistryConnections & {
  /** The registries themselves: `change()` applies a chosen change, from the same process. */
  registries: { [Each in Simulations as Each['name']]: RegistryOf<Each> };
  close(): Promise<void>;
};

/** Throws, with nothing left open, if a port is taken. */
export async function startRegistries(options: RegistriesOptions = {}): Promise<RunningRegistries> {
  const { host = '127.0.0.1', ports = {}, tokenLifetimeSeconds = 300, journal, now } = options;
  const open: Listening[] = [];
  const close = async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  };
  const started = async ({ name, ...simulated }: Simulated<RegistryName>) => {
    const { start } = await simulated.server();
    const port = ports[name] ?? 0;
    const { registry, server } = await start({ host, port, journal, tokenLifetimeSeconds, now });
    open.push(server);
    return { name, registry, url: server.url, connection: simulated.connectionTo(server.url) };
  };
  try {
    const all: Awaited<ReturnType<typeof started>>[] = [];
    for (const simulated of registries) all.push(await started(simulated));
    const by = <Part>(part: (one: (typeof all)[number]) => Part) =>
      Object.fromEntries(all.map((one) => [one.name, part(one)]));
    const connections = { ...by(({ connection }) => connection), control: by(({ url }) => url) };
    return { ...connections, registries: by(({ registry }) => registry), close } as RunningRegistries;
  } catch (error) {
    await close();
    throw error;
  }
}
