/** An Identity as production makes it, on a real database, with a catalogue of its own and a clock that stands still. */
import { createDecipheriv, createPrivateKey, type KeyObject } from 'node:crypto';
import { Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Test } from 'tap';
import type { Catalog, Issuer, JsonWebKey, Service, System } from '../../../../gateway/catalog/catalog.ts';
import type { CertificatesOptions } from '../../../../gateway/identity/client-certificates.ts';
import { createIdentity, type Identity } from '../../../../gateway/identity/identity.ts';
import type { Presented } from '../../../../gateway/identity/presented.ts';
import type { RevocationCheck } from '../../../../gateway/identity/revocations.ts';
import { createMetrics, type Metrics } from '../../../../gateway/operations/metrics.ts';
import { createOutbound } from '../../../../gateway/outbound.ts';
import { migrate } from '../../../../gateway/store/migrate.ts';
import { openPool, type Pool } from '../../../../gateway/store/pool.ts';
import { deriveSecrets } from '../../../../gateway/store/secrets.ts';
import { freshDatabase } from '../../../support/database.ts';

export const ISSUER = 'https://gateway.example';
export const NOW = Date.UTC(2026, 6, 1, 8);
export const MASTER_KEY = Buffer.alloc(32, 7);

/** A clock that moves only when told to. */
interface Clock {
  at: number;
}

/** Log lines, for what must be and must not be in them. */
export function recordingLog() {
  const lines: string[] = [];
  const write = (members: object, message: string) =>
    void lines.push(
      JSON.stringify({ ...members, message }, (_key, value) =>
        value instanceof Error ? { message: value.message } : value,
      ),
    );
  return { lines, info: write, warn: write, error: write };
}

type RecordingLog = ReturnType<typeof recordingLog>;

export function system(id: string, keys: System['keys']): System {
  const code = id.slice(0, id.indexOf('.'));
  return { id, agency: { code, name: { vi: code, en: code } }, name: { vi: id, en: id }, keys };
}

/** A catalogue of these systems; `services` and `streams` exist, and `granted` names what each system's agreement has. */
export function catalogOf(
  systems: readonly System[],
  options: {
    services?: string[];
    streams?: string[];
    granted?: Record<string, string[]>;
    issuers?: Issuer[];
  } = {},
): Catalog {
  const service = (name: string): Service =>
    ({ key: `${name}@1`, name, version: 1 }) as Partial<Service> as Service;
  const { services = ['population.person.lookup', 'business.enterprise.lookup'], granted = {} } = options;
  const grants: Catalog['grants'] = new Map(
    Object.entries(granted).map(([id, names]) => [
      id,
      new Map(names.map((name) => [`${name}@1`, [{ service: service(name) } as never]])),
    ]),
  );
  return {
    digest: 'test',
    services: new Map(services.map((name) => [`${name}@1`, service(name)])),
    streams: new Map(
      (options.streams ?? ['business.changes.read']).map((name) => [
        name,
        { name, registry: 'business', entities: new Map(), maxVersionStep: 100, warned: [] },
      ]),
    ),
    agencies: new Map(systems.map(({ agency }) => [agency.code, agency])),
    systems: new Map(systems.map((entry) => [entry.id, entry])),
    agreements: new Map(),
    grants,
    streamGrants: [],
    feeds: new Map(),
    issuers: new Map(options.issuers?.map((issuer) => [issuer.url, issuer])),
    schemas: new Map(),
  };
}

export function inlineKeys(...publicJwks: object[]): System['keys'] {
  return { jwks: { keys: publicJwks as JsonWebKey[] } };
}

/** A request as the identity part sees it. */
export function presented(
  authorization: string | undefined,
  over: Partial<Presented> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Presented {
  return {
    method: 'GET',
    url: '/v1/business/enterprises/0100109106',
    socket: new Socket(),
    ...over,
    headers: { ...over.headers, authorization },
  };
}

export async function freshPool(t: Test): Promise<Pool> {
  const url = await freshDatabase(t);
  const pool = openPool({ url, name: 'test', max: 4, onIdleError: () => {} });
  t.teardown(() => pool.end());
  await migrate(pool);
  return pool;
}

const nothingRevoked: RevocationCheck = {
  fresh: () => true,
  has: () => false,
  agreements: new Set(),
  onRevoked: () => () => {},
};

export interface Running {
  identity: Identity;
  app: FastifyInstance;
  metrics: Metrics;
  log: RecordingLog;
  clock: Clock;
  /** POST to the token endpoint. */
  post(form: Record<string, string> | string, headers?: Record<string, string>): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function run(
  t: Test,
  options: {
    pool: Pool;
    catalog: Catalog | (() => Catalog);
    clock?: Clock;
    masterKey?: Buffer;
    publicUrl?: string;
    maxVerifiedTokens?: number;
    certificates?: CertificatesOptions;
    revocations?: RevocationCheck;
  },
): Promise<Running> {
  const { pool, catalog, clock = { at: NOW } } = options;
  const metrics = createMetrics();
  const log = recordingLog();
  const outbound = createOutbound({ allowedNetworks: ['127.0.0.1'] });
  t.teardown(() => outbound.close());
  const identity = await createIdentity({
    publicUrl: options.publicUrl ?? ISSUER,
    catalog: typeof catalog === 'function' ? catalog : () => catalog,
    pool,
    secrets: deriveSecrets(options.masterKey ?? MASTER_KEY),
    metrics,
    log,
    now: () => clock.at,
    maxVerifiedTokens: options.maxVerifiedTokens,
    certificates: options.certificates,
    revocations: options.revocations ?? nothingRevoked,
    outbound,
  });
  const app = Fastify();
  await app.register(identity.routes);
  t.teardown(async () => {
    await app.close();
    await identity.close();
  });
  const post: Running['post'] = async (form, headers = {}) => {
    const response = await app.inject({
      method: 'POST',
      url: '/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  return { identity, app, metrics, log, clock, post };
}

/** The gateway's signing key, taken from the store as only the holder of the master key can. */
export async function stolenSigningKey(
  pool: Pool,
  masterKey: Buffer = MASTER_KEY,
): Promise<{ kid: string; privateKey: KeyObject }> {
  const { rows } = await pool.query<{ kid: string; private_key: Buffer }>('SELECT * FROM signing_key');
  const { kid, private_key } = rows[0]!;
  const decipher = createDecipheriv(
    'aes-256-gcm',
    deriveSecrets(masterKey).derive('signing-keys'),
    private_key.subarray(0, 12),
  )
    .setAAD(Buffer.from(kid))
    .setAuthTag(private_key.subarray(12, 28));
  const jwk = JSON.parse(
    Buffer.concat([decipher.update(private_key.subarray(28)), decipher.final()]).toString(),
  );
  return { kid, privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) };
}
