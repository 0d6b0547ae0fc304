/** An Identity as production makes it, on a real database, with a catalogue of its own and a clock that stands still. */
import { createDecipheriv, createPrivateKey, type KeyObject } from 'node:crypto';
import { Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Test } from 'tap';
import { asGateway } from '../../../../deploy/sandbox/postgres/gateway-role.ts';
import { createLimiter, type Limiter } from '../../../../gateway/admission/limiter.ts';
import type {
  Agreement,
  Catalog,
  Grant,
  Issuer,
  JsonWebKey,
  Service,
  Stream,
  StreamGrant,
  System,
} from '../../../../gateway/catalog/catalog.ts';
import type { CertificatesOptions } from '../../../../gateway/identity/certificates/client-certificates.ts';
import type { RequestCredentials } from '../../../../gateway/identity/certificates/credentials.ts';
import type {
  ClientRecords,
  ClientRefusal,
  OwnRevocation,
} from '../../../../gateway/identity/clients/client-records.ts';
import { createIdentity, type Identity } from '../../../../gateway/identity/identity.ts';
import type { RevocationCheck } from '../../../../gateway/identity/revocations.ts';
import { createOutbound } from '../../../../gateway/net/outbound.ts';
import { describeOnly } from '../../../../gateway/operation/describe-only.ts';
import { openPool, type Pool } from '../../../../gateway/store/pool.ts';
import { deriveSecrets } from '../../../../gateway/store/secrets.ts';
import { createMetrics, type Metrics } from '../../../../gateway/telemetry/metrics.ts';
import { freshDatabase } from '../../../support/database.ts';

export const ISSUER = 'https://gateway.example';
export const NOW = Date.UTC(2026, 6, 1, 8);
export const MASTER_KEY = Buffer.alloc(32, 7);

/** A clock that a test sets. */
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
  const name = { vi: id, en: id };
  return { id, agency: { code, name: { vi: code, en: code } }, name, keys, authMethod: 'private_key_jwt' };
}

type Terms = Pick<Agreement, 'number' | 'validFrom' | 'validUntil' | 'legalBasis'>;

/** In force for ever, unless a test says otherwise. */
export function termsOf(over: Partial<Terms> = {}): Terms {
  return {
    number: 'TT-TEST-01',
    validFrom: 0,
    validUntil: Number.POSITIVE_INFINITY,
    legalBasis: ['Nghị định 278/2025/NĐ-CP'],
    ...over,
  };
}

/** A grant of an agreement for a system: a service or a stream, under these terms. */
export type Granted = string | readonly [name: string, terms: Terms];

/** A catalogue of these systems; `services` and `streams` exist, and `granted` names what each system's agreements have. */
export function catalogOf(
  systems: readonly System[],
  options: {
    services?: string[];
    streams?: string[];
    granted?: Record<string, Granted[]>;
    issuers?: Issuer[];
  } = {},
): Catalog {
  const service = (name: string): Service =>
    ({ key: `${name}@1`, name, version: 1 }) as Partial<Service> as Service;
  const stream = (name: string): Stream => ({
    name,
    registry: name.split('.')[0]!,
    entities: new Map(),
    maxVersionStep: 100,
    warned: [],
  });
  const { services = ['population.person.lookup', 'business.enterprise.lookup'], granted = {} } = options;
  const grants = new Map<string, Map<string, Grant[]>>();
  const feeds = new Map<string, Map<string, StreamGrant[]>>();
  for (const [id, list] of Object.entries(granted)) {
    const [ofServices, ofStreams] = [new Map<string, Grant[]>(), new Map<string, StreamGrant[]>()];
    for (const entry of list) {
      const [name, terms] = typeof entry === 'string' ? [entry, termsOf()] : entry;
      const agreement = terms as Partial<Agreement> as Agreement;
      if (name.endsWith('.read')) {
        const grant = { stream: stream(name), agreement } as Partial<StreamGrant> as StreamGrant;
        const { registry } = grant.stream;
        ofStreams.set(registry, [...(ofStreams.get(registry) ?? []), grant]);
      } else {
        const grant = { service: service(name), agreement } as Partial<Grant> as Grant;
        const { key } = grant.service;
        ofServices.set(key, [...(ofServices.get(key) ?? []), grant]);
      }
    }
    grants.set(id, ofServices);
    feeds.set(id, ofStreams);
  }
  return {
    digest: 'test',
    services: new Map(services.map((name) => [`${name}@1`, service(name)])),
    streams: new Map((options.streams ?? ['business.changes.read']).map((name) => [name, stream(name)])),
    agencies: new Map(systems.map(({ agency }) => [agency.code, agency])),
    systems: new Map(systems.map((entry) => [entry.id, entry])),
    agreements: new Map(),
    grants,
    streamGrants: [],
    feeds,
    issuers: new Map(options.issuers?.map((issuer) => [issuer.url, issuer])),
    schemas: new Map(),
    translations: new Map(),
    warnings: [],
  };
}

export function inlineKeys(...publicJwks: object[]): System['keys'] {
  return { jwks: { keys: publicJwks as JsonWebKey[] } };
}

/** A request as the identity part sees it. */
export function presented(
  authorization: string | undefined,
  over: Partial<RequestCredentials> & { readonly headers?: Readonly<Record<string, string>> } = {},
): RequestCredentials {
  return {
    method: 'GET',
    url: '/v1/business/enterprises/0100109106',
    socket: new Socket(),
    ...over,
    headers: { ...over.headers, authorization },
  };
}

export async function freshPool(t: Test): Promise<Pool> {
  const url = await asGateway(await freshDatabase(t));
  const pool = openPool({ url, name: 'test', max: 4, onIdleError: () => {} });
  t.teardown(() => pool.end());
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
  /** The recorded entries about clients, oldest first. */
  refusals: ClientRefusal[];
  revocations: OwnRevocation[];
  /** POST to the token endpoint, or to another one. */
  post(
    form: Record<string, string> | string,
    headers?: Record<string, string>,
    url?: string,
  ): Promise<Answer>;
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
    requireBoundTokens?: boolean;
    limiter?: Limiter;
    /** Instead of keeping what is recorded. */
    records?: Partial<ClientRecords>;
  },
): Promise<Running> {
  const { pool, catalog, clock = { at: NOW } } = options;
  const metrics = createMetrics();
  const log = recordingLog();
  const refusals: ClientRefusal[] = [];
  const revocations: OwnRevocation[] = [];
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
    requireBoundTokens: options.requireBoundTokens ?? false,
    limiter: options.limiter ?? createLimiter({ replicas: () => 1 }),
    records: {
      refused: async (refusal) => void refusals.push(refusal),
      revoke: async (revocation) => void revocations.push(revocation),
      ...options.records,
    },
    outbound,
  });
  const app = Fastify();
  describeOnly(app);
  await app.register(identity.routes);
  t.teardown(async () => {
    await app.close();
    await identity.close();
  });
  const post: Running['post'] = async (form, headers = {}, url = '/oauth2/token') => {
    const response = await app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    });
    const body = response.payload === '' ? {} : response.json();
    return { status: response.statusCode, headers: response.headers, body };
  };
  return { identity, app, metrics, log, clock, refusals, revocations, post };
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
