/**
 * The sandbox: the whole system on one machine, with synthetic data, ready for a newcomer's first call.
 *
 * PostgreSQL, the simulated registries and the gateway; the first start makes the keys of the demo systems. All files are in one
 * directory, which later starts use again.
 */

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Config } from '../../gateway/config/config.ts';
import { environmentOver, readConfig } from '../../gateway/config/config.ts';
import { type Gateway, startGateway } from '../../gateway/main.ts';
import { makeDirectory } from '../../gateway/runtime/make-directory.ts';
import { demoSystems, ensureSystemKeys } from './demo-systems.ts';
import { asGateway } from './postgres/gateway-role.ts';
import { startPostgres } from './postgres/postgres.ts';
import { portIsFree } from './processes/free-port.ts';
import { PROVINCES } from './registries/places.ts';
import { type RegistryName, variablesOf } from './registries/registries.ts';
import { type RegistriesProcess, spawnRegistries } from './registries-process.ts';
import { SandboxError } from './sandbox-error.ts';
import { startTrickle } from './trickle.ts';

export interface SandboxOptions {
  /** The directory of all files: `data/sandbox`. */
  readonly dataDir: string;
  /** 0: a free one. */
  readonly ports: Readonly<Record<RegistryName, number>>;
  /** Seconds between two changes that the providers publish; 0: none. */
  readonly trickleSeconds: number;
}

export interface Sandbox {
  readonly gateway: Gateway;
  readonly config: Config;
  readonly registries: RegistriesProcess;
  readonly databaseUrl: string;
  /** The directory of the demo systems' private keys: `<client id>.jwk.json`. */
  readonly keysDir: string;
  /** Stops in the reverse order of starting, and leaves nothing behind. */
  close(): Promise<void>;
}

/**
 * Starts everything. Variables of the environment (`PORT`, `KAFKA_BROKERS`, `DATABASE_URL` …) take precedence over the sandbox's.
 * @throws SandboxError for a fault that the user can repair, otherwise any Error; leaves nothing running
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dataDir, ports } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const opened = async <T>(starting: Promise<T>, closer: (started: T) => Promise<void>): Promise<T> => {
    const started = await starting;
    closers.push(() => closer(started));
    return started;
  };
  makeDataDirectory(dataDir);
  const keysDir = join(dataDir, 'keys');
  const clientKeysDir = join(dataDir, 'client-keys');
  const outside = environmentOver({});
  const port = Number(outside.PORT ?? 8080);
  await requireFree([port, Number(outside.OPERATIONS_PORT ?? 9090), ...Object.values(ports)]);

  try {
    const results = await Promise.allSettled([
      outside.DATABASE_URL
        ? outside.DATABASE_URL
        : opened(startPostgres({ dataDir: join(dataDir, 'postgres'), persistent: true }), (server) =>
            server.stop(),
          ).then((server) => asGateway(server.url, Number(outside.EVIDENCE_RETENTION_MONTHS || 12))),
      opened(spawnRegistries({ ports, journal: join(dataDir, 'registries.ndjson') }), (registries) =>
        registries.close(),
      ),
      ensureSystemKeys(demoSystems, keysDir, clientKeysDir),
      masterKey(join(dataDir, 'master.key')),
      administrativeUnits(join(dataDir, 'administrative-units.json')),
    ]);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    const [databaseUrl, registries, , key, unitsFile] = results.map(
      (result) => (result as PromiseFulfilledResult<unknown>).value,
    ) as [string, RegistriesProcess, undefined, string, string];

    const config = readConfig(
      environmentOver({
        HOST: '127.0.0.1',
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        DATABASE_URL: databaseUrl,
        MASTER_KEY: key,
        CLIENT_KEYS_DIR: clientKeysDir,
        // Allows webhooks to endpoints on this machine.
        OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8,::1',
        LOG_LEVEL: 'warn',
        KAFKA_REPLICATION_FACTOR: '-1',
        ...variablesOf(registries.connections),
        ADMINISTRATIVE_UNITS_FILE: unitsFile,
      }),
    );
    const gateway = await opened(startGateway(config), (running) => running.close());
    if (options.trickleSeconds > 0) {
      const trickle = startTrickle({
        publicUrl: config.publicUrl,
        keysDir,
        control: registries.connections.control,
        provinceOfCommune: config.provinceOfCommune,
        everySeconds: options.trickleSeconds,
      });
      closers.push(() => trickle.close());
    }
    return { gateway, config, registries, databaseUrl, keysDir: relative('', keysDir), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function requireFree(ports: readonly number[]): Promise<void> {
  const wanted = ports.filter((port) => port !== 0);
  const free = await Promise.all(wanted.map((port) => portIsFree(port)));
  const taken = wanted.filter((_, index) => !free[index]);
  if (taken.length > 0) {
    throw new SandboxError(
      `port ${taken.join(', ')} is taken. Is another sandbox running? PORT and OPERATIONS_PORT choose others for the gateway.`,
    );
  }
}

/** Made once; without it, pseudonyms and evidence of this sandbox cannot be linked. */
async function masterKey(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known) return known.trim();
  const key = randomBytes(32).toString('base64url');
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return key;
}

/** The few communes of the sandbox, in the format of the public data set that a real deployment configures here. */
async function administrativeUnits(file: string): Promise<string> {
  const units = PROVINCES.map((province) => ({
    Code: province.code,
    FullName: province.name,
    Wards: province.communes.map((commune) => ({
      Code: commune.code,
      FullName: commune.name,
      ProvinceCode: province.code,
    })),
  }));
  await writeFile(file, JSON.stringify(units));
  return file;
}

function makeDataDirectory(path: string): void {
  try {
    makeDirectory(resolve(path));
  } catch (error) {
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    throw new SandboxError(`--data-dir: ${path} cannot be made (${code})`);
  }
}
