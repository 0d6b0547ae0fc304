/**
 * A gateway under test: what production starts, on a real PostgreSQL, before real simulated registries, with contracts
 * of the test's own beside those of the sandbox. In this process (`startTestGateway`), or as a child that can be
 * signalled and killed (`spawnTestGateway`).
 */
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import pg from 'pg';
import t, { type Test } from 'tap';
import { Agent, request } from 'undici';
import type { Adapter } from '../../adapters/adapter.ts';
import { demoSystems, ensureSystemKeys } from '../../deploy/sandbox/demo-systems.ts';
import { asGateway } from '../../deploy/sandbox/postgres/gateway-role.ts';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import type { Fault } from '../../deploy/sandbox/registries/http/faults.ts';
import { PROVINCES } from '../../deploy/sandbox/registries/places.ts';
import { type RunningRegistries, startRegistries } from '../../deploy/sandbox/registries/start.ts';
import type { Catalog } from '../../gateway/catalog/catalog.ts';
import type { AgreementSource } from '../../gateway/catalog/compile/agreement.ts';
import type { Reload } from '../../gateway/catalog/live/live.ts';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { createClient, type TokenClient } from '../../gateway/client/client.ts';
import { readConfig } from '../../gateway/config/config.ts';
import { startGateway } from '../../gateway/main.ts';
import { createLog } from '../../gateway/telemetry/log.ts';
import { freshDatabase } from './database.ts';
import { startNode, type TestProcess } from './process.ts';

type Hooks = Pick<Test, 'teardown'>;

/** An agreement that a test adds; what it leaves out is the least that is valid. Its consumer's agency is made. */
export type TestAgreement = Pick<AgreementSource, 'agreement' | 'consumer'> & Partial<AgreementSource>;

export interface SettingOptions {
  readonly agreements?: readonly TestAgreement[];
  /** Systems that have no agreement, beside those of the sandbox and those that agreements name. */
  readonly systems?: readonly string[];
  /** Members of systems' contracts beside id and name (`binding`), for systems that the test adds. */
  readonly contracts?: Readonly<Record<string, object>>;
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

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** `{}` for what is not JSON. */
  readonly body: AnswerBody;
}

export interface AnswerBody {
  readonly data?: unknown;
  readonly meta?: {
    readonly requestId?: string;
    readonly withheld?: readonly string[];
    readonly nextPageToken?: string;
    readonly next?: string;
    readonly hasMore?: boolean;
  };
  readonly code?: string;
  readonly requestId?: string;
  readonly agreement?: string;
  readonly legalBasis?: readonly string[];
  readonly reason?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly errors?: readonly {
    readonly pointer?: string;
    readonly parameter?: string;
    readonly header?: string;
    readonly detail: string;
  }[];
  readonly [member: string]: unknown;
}

/** Header values; `undefined` leaves one out that would be sent otherwise. */
export type Headers = Readonly<Record<string, string | undefined>>;

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string | Buffer | Readable;
}

/** The agencies' side of a gateway. */
export interface Door {
  readonly url: string;
  readonly operationsUrl: string;
  /** All answers so far, also of the operators' port. */
  readonly answers: readonly Answer[];
  /** A token of a system: a kept one, or a new one. */
  token(system: string, scope?: string): Promise<string>;
  /** Calls a service as its contract says, with the headers that the system's agreement wants. */
  call(system: string, service: string, input: object, headers?: Headers): Promise<Answer>;
  /** Any request. */
  send(path: string, options?: SendOptions): Promise<Answer>;
  /** A request to the operators' port. */
  operations(path: string): Promise<Answer>;
}

export interface TestGateway extends Door, Setting {
  /** Lines of the gateway's log, at level `trace`. */
  readonly log: readonly string[];
  /** Reads the contracts again. */
  reload(): Promise<Reload>;
  close(): Promise<void>;
}

export interface SpawnedGateway extends Door, Setting {
  readonly process: TestProcess;
}

/** What each system declares unless a test says otherwise. */
const declarations: Readonly<Record<string, Headers>> = {
  'H26.motcua': {
    'x-purpose': 'dich-vu-cong',
    'x-case-id': 'H26.11-261122-0001',
    'x-officer-id': 'CB001',
  },
  'G12.thue': { 'x-purpose': 'quan-ly-thue' },
};

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
export async function layOut(test: Hooks, options: SettingOptions = {}): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-gateway-'));
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  const contracts = join(directory, 'contracts');
  const keys = join(directory, 'keys');
  const clientKeys = join(directory, 'client-keys');
  const units = join(directory, 'units.json');
  const others = othersOf(options);
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
  const { population, business, land } = running;
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
    POPULATION_URL: population.url,
    POPULATION_USER: population.user,
    POPULATION_SECRET: population.secret,
    POPULATION_API_KEY: population.apiKey,
    POPULATION_ROAD_CLIENT: population.roadClient,
    BUSINESS_URL: business.url,
    BUSINESS_CONSUMER_KEY: business.consumerKey,
    BUSINESS_CONSUMER_SECRET: business.consumerSecret,
    LAND_UPSTREAMS: JSON.stringify(land.upstreams),
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
      schemasDir: inPackage('schemas'),
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

/** Starts a gateway in this process, by production's own function. */
export async function startTestGateway(
  test: Hooks,
  options: SettingOptions & { readonly setting?: Setting; readonly adapters?: readonly Adapter[] } = {},
): Promise<TestGateway> {
  const setting = options.setting ?? (await layOut(test, options));
  const log: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log.push(String(chunk));
      done();
    },
  });
  // A replica listens on a port of its own.
  const ports = options.setting && {
    PORT: String(await freePort()),
    OPERATIONS_PORT: String(await freePort()),
  };
  const config = readConfig({ ...setting.variables, ...ports, ...options.variables });
  const gateway = await startGateway(config, {
    log: createLog('trace', destination),
    adapters: options.adapters ?? [],
  });
  test.teardown(() => gateway.close());
  const door = openDoor(test, setting, gateway.agenciesUrl, gateway.operationsUrl);
  return { ...setting, ...door, log, reload: () => gateway.reload('test'), close: () => gateway.close() };
}

/** Starts a gateway as a process of its own; resolves when it is ready. */
export async function spawnTestGateway(
  test: Hooks,
  options: SettingOptions & { readonly setting?: Setting } = {},
): Promise<SpawnedGateway> {
  const setting = options.setting ?? (await layOut(test, options));
  const script = fileURLToPath(new URL('../../gateway/lienthong.js', import.meta.url));
  const variables = { ...setting.variables, ...options.variables };
  const child = startNode(test, [script, 'start'], { env: variables });
  await child.line(/"the gateway is ready"/, 60_000);
  const at = (port: string | undefined) => `http://127.0.0.1:${port}`;
  const door = openDoor(test, setting, at(variables.PORT), at(variables.OPERATIONS_PORT));
  return { ...setting, ...door, process: child };
}

function openDoor(test: Hooks, setting: Setting, url: string, operationsUrl: string): Door {
  const agent = new Agent({ connections: 64, pipelining: 1 });
  test.teardown(() => agent.destroy());
  const answers: Answer[] = [];
  const clients = new Map<string, Promise<TokenClient>>();
  const clientOf = (system: string): Promise<TokenClient> => {
    let client = clients.get(system);
    if (!client) {
      client = setting
        .privateKey(system)
        .then((privateJwk) => createClient({ issuer: setting.publicUrl, clientId: system, privateJwk }));
      clients.set(system, client);
    }
    return client;
  };

  async function fetchFrom(base: string, path: string, options: SendOptions): Promise<Answer> {
    const { method = 'GET', headers = {}, body } = options;
    const given = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value],
    );
    const response = await request(base + path, { dispatcher: agent, method, headers: given, body });
    const text = await response.body.text();
    const answer = {
      status: response.statusCode,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      ),
      text,
      body: readBody(text),
    };
    answers.push(answer);
    return answer;
  }

  const door: Door = {
    url,
    operationsUrl,
    answers,
    token: async (system, scope) => (await clientOf(system)).token(scope),
    async call(system, service, input, headers = {}) {
      const { method, path, body } = requestFor(setting.catalog, service, input);
      return door.send(path, {
        method,
        body,
        headers: {
          authorization: headers.authorization ?? `Bearer ${await door.token(system)}`,
          'content-type': body === undefined ? undefined : 'application/json',
          ...declarations[system],
          ...headers,
        },
      });
    },
    send: (path, options = {}) => fetchFrom(url, path, options),
    operations: (path) => fetchFrom(operationsUrl, path, {}),
  };
  return door;
}

/** Method, path and body of a call, as the contract of `service` says: of version 1, unless one is named. */
function requestFor(catalog: Catalog, service: string, input: object) {
  const contract = catalog.services.get(service.includes('@') ? service : `${service}@1`);
  if (!contract) throw new Error(`there is no service ${service}`);
  const { method } = contract;
  if (method === 'POST') return { method, path: contract.path, body: JSON.stringify(input) };
  const query = new URLSearchParams();
  let path = contract.path;
  for (const [name, value] of Object.entries(input)) {
    if (path.includes(`{${name}}`)) path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    else query.append(name, String(value));
  }
  return { method, path: query.size > 0 ? `${path}?${query}` : path, body: undefined };
}

function readBody(text: string): AnswerBody {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return {};
  }
}

function othersOf({ agreements = [], systems = [] }: SettingOptions): string[] {
  const demo: ReadonlySet<string> = new Set(demoSystems);
  const named = [...agreements.map(({ consumer }) => consumer), ...systems];
  return [...new Set(named)].filter((system) => !demo.has(system));
}

/** The sandbox's contracts, and files for what the test adds (JSON is YAML). */
async function writeContracts(
  directory: string,
  systems: readonly string[],
  { agreements = [], contracts = {} }: SettingOptions,
): Promise<void> {
  await cp(inPackage('contracts'), directory, { recursive: true });
  const byAgency = Map.groupBy(systems, (system) => system.slice(0, system.lastIndexOf('.')));
  for (const [agency, members] of byAgency) {
    const file = {
      agency,
      name: { vi: agency, en: agency },
      systems: members.map((system) => ({
        system,
        name: { vi: system, en: system },
        ...contracts[system],
      })),
    };
    await writeFile(join(directory, 'agencies', `${agency}-test.yaml`), JSON.stringify(file));
  }
  await mkdir(join(directory, 'agreements'), { recursive: true });
  for (const agreement of agreements) {
    const file = {
      title: { vi: 'Thử nghiệm', en: 'Test' },
      purposes: ['thu-nghiem'],
      legalBasis: ['Nghị định 278/2025/NĐ-CP'],
      validFrom: '2026-01-01',
      validUntil: '2099-12-31',
      requiredHeaders: [],
      ...agreement,
    };
    await writeFile(join(directory, 'agreements', `${agreement.agreement}.yaml`), JSON.stringify(file));
  }
}

function unit(province: string, communes: readonly { readonly code: string }[]) {
  return { Code: province, Wards: communes.map(({ code }) => ({ Code: code })) };
}

function inPackage(directory: string): string {
  return fileURLToPath(new URL(`../../${directory}`, import.meta.url));
}

interface Stats {
  readonly requests: number;
  readonly faulty: number;
  readonly operations: Readonly<Record<string, number>>;
  readonly last: Readonly<
    Record<
      string,
      { readonly ids: Readonly<Record<string, string>>; readonly headers: Readonly<Record<string, string>> }
    >
  >;
}

/** A registry's control endpoints. */
export function controlOf(
  { registries: { control } }: Setting,
  registry: keyof RunningRegistries['control'],
) {
  const ask = async (method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object) => {
    const response = await fetch(`${control[registry]}/control/${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`control: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    fault: (fault: Fault) => ask('PUT', 'faults', fault),
    clear: () => ask('DELETE', 'faults'),
    stats: () => ask('GET', 'stats') as Promise<Stats>,
    forget: () => ask('DELETE', 'stats'),
  };
}

export { until } from './until.ts';

/** Is `answer` this refusal, in the form of every refusal (RFC 9457)? */
export function refused(
  test: Pick<Test, 'match' | 'equal' | 'notMatch'>,
  answer: Answer,
  status: number,
  code: string,
  name = code,
): void {
  const { headers, body, text } = answer;
  test.match({ status: answer.status, code: body.code }, { status, code }, name);
  test.match(
    { headers, body },
    {
      headers: {
        'content-type': /^application\/problem\+json/,
        'content-language': /^(vi|en)$/,
        'cache-control': 'no-store',
        'x-request-id': body.requestId,
      },
      body: { type: `urn:lienthong:problem:${code}`, title: /./, detail: /./, status: answer.status },
    },
    `${name}: form`,
  );
  test.notMatch(text, /\bat .*\.[jt]s:\d|node_modules|Error:/, `${name}: no stack`);
}

/**
 * Where these secrets (numbers, tokens) stand outside the answers that disclose: in refusals, in headers of any answer,
 * in the log, in the metrics. Should be nowhere.
 */
export async function leaks(
  gateway: Door & { readonly log?: readonly string[] },
  secrets: readonly string[],
): Promise<string[]> {
  await gateway.operations('/metrics');
  const told = gateway.answers.flatMap((answer) => [
    ...(answer.status < 400 && answer.body.data !== undefined ? [] : [answer.text]),
    JSON.stringify(answer.headers),
  ]);
  return [...told, ...(gateway.log ?? [])].filter((line) =>
    secrets.some((secret) => secret !== '' && line.includes(secret)),
  );
}
