/** Everything around a gateway under test: database, registries, contracts, keys, configuration. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import pg from 'pg';
import t, { type Test } from 'tap';
import { demoSystems, ensureSystemKeys } from '../../deploy/sandbox/demo-systems.ts';
import { asGateway } from '../../deploy/sandbox/postgres/gateway-role.ts';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { PROVINCES } from '../../deploy/sandbox/registries/places.ts';
import { variablesOf } from '../../deploy/sandbox/registries/registries.ts';
import { type RunningRegistries, startRegistries } from '../../deploy/sandbox/registries/start.ts';
import type { Catalog } from '../../gateway/catalog/catalog.ts';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { type AddedContracts, addedSystems, writeContracts } from './added-contracts.ts';
import { packageDirectories } from './contracts.ts';
import { freshDatabase } from './database.ts';

export interface SettingOptions extends AddedContracts {
  /** Variables of the gateway's configuration. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Instead of a new, empty one. */
  readonly databaseUrl?: string;
  /** Instead of those that all tests of this process share. */
  readonly registries?: RunningRegistries;
}

/** Everything around a gateway. Several may run in one setting, as replicas behind one `PUBLIC_URL`. */
export interface Setting {
  readonly publicUrl: string;
  /** As the database's owner; the gateway has a role of its own (`variables.DATABASE_URL`). */
  readonly databaseUrl: string;
  readonly masterKey: Buffer;
  readonly catalog: Catalog;
  readonly registries: RunningRegistries;
  readonly variables: Readonly<Record<string, string>>;
  privateKey(system: string): Promise<JWK>;
  /** A query on the gateway's database, over a connection of its own. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The evidence of one request, or all of it but that of the catalogue, oldest first. */
  evidence(requestId?: string): Promise<EvidenceRow[]>;
}

export interface EvidenceRow {
  readonly request_id: string;
  readonly kind: string;
  readonly agency: string;
  readonly system: string;
  readonly key_thumbprint: string | null;
  readonly agreement: string | null;
  readonly purpose: string | null;
  readonly legal_basis: readonly string[];
  readonly case_id: string | null;
  readonly officer_id: string | null;
  readonly service: string;
  readonly subjects: readonly Buffer[];
  readonly disclosed: readonly string[] | null;
  readonly withheld: readonly string[] | null;
  readonly status: number;
  readonly code: string | null;
  readonly reason: string | null;
  readonly token_id: string | null;
  readonly salt: Buffer;
  readonly request_digest: Buffer | null;
  readonly response_digest: Buffer | null;
}

let registries: Promise<RunningRegistries> | undefined;

/** One set of registries for all tests of this process: generating their data takes a while. */
function sharedRegistries(): Promise<RunningRegistries> {
  if (!registries) {
    registries = startRegistries();
    t.teardown(async () => (await registries)?.close());
  }
  return registries;
}

/** Lays a gateway's surroundings out; they are removed when `test` ends. */
export async function layOut(test: Pick<Test, 'teardown'>, options: SettingOptions = {}): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-gateway-'));
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  const contracts = join(directory, 'contracts');
  const keys = join(directory, 'keys');
  const clientKeys = join(directory, 'client-keys');
  const units = join(directory, 'units.json');
  const others = addedSystems(options);
  const [databaseUrl, running] = await Promise.all([
    options.databaseUrl ?? freshDatabase(test),
    options.registries ?? sharedRegistries(),
    ensureSystemKeys([...demoSystems, ...others], keys, clientKeys),
    writeContracts(contracts, others, options),
    writeFile(units, JSON.stringify(PROVINCES.map(({ code, communes }) => unit(code, communes)))),
  ]);
  // As in production: the gateway is not the owner, who is the one to look with.
  const gatewayUrl = await asGateway(databaseUrl);
  const masterKey = randomBytes(32);
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const variables = {
    HOST: '127.0.0.1',
    PORT: String(port),
    OPERATIONS_PORT: String(await freePort()),
    PUBLIC_URL: publicUrl,
    DATABASE_URL: gatewayUrl,
    MASTER_KEY: masterKey.toString('base64url'),
    CONTRACTS_DIR: contracts,
    CLIENT_KEYS_DIR: clientKeys,
    LOG_LEVEL: 'trace',
    // Tests count what registries are asked; those of probes say how often.
    UPSTREAM_PROBE_SECONDS: '0',
    ...variablesOf(running),
    ADMINISTRATIVE_UNITS_FILE: units,
    ...options.variables,
  };
  const query: Setting['query'] = async (text, values = []) => {
    const client = new pg.Client(databaseUrl);
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  return {
    publicUrl,
    databaseUrl,
    masterKey,
    registries: running,
    variables,
    catalog: await loadCatalog({
      contractsDir: contracts,
      schemasDir: packageDirectories.schemasDir,
      clientKeysDir: clientKeys,
    }),
    privateKey: async (system) => JSON.parse(await readFile(join(keys, `${system}.jwk.json`), 'utf8')),
    query,
    evidence: (requestId) =>
      requestId === undefined
        ? query(`SELECT * FROM evidence_entry WHERE kind <> 'catalogue' ORDER BY at, id`)
        : query('SELECT * FROM evidence_entry WHERE request_id = $1 ORDER BY at, id', [requestId]),
  };
}

function unit(province: string, communes: readonly { readonly code: string }[]) {
  return { Code: province, Wards: communes.map(({ code }) => ({ Code: code })) };
}
