/**
 * The only reader of the environment: one frozen, validated object.
 *
 * Every variable is a row of `variables`; `docs/operators.md` carries the same table and a test compares the two.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { normaliseHttpUri } from './identity/http-uri.ts';
import { parseNetworks } from './networks.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly operationsPort: number;
  /** Issuer, token audience and base of every address in a document: never the `Host` header. No trailing slash. */
  readonly publicUrl: string;
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** Of the operators' port; without it that port speaks plain HTTP. */
  readonly operationsTls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** Authorities of client certificates, also of those that proxies tell. */
  readonly clientCaFile: string | undefined;
  readonly trustedProxies: readonly string[];
  /** Networks (CIDR) that key sets, issuers and webhooks may be in, beside public addresses. */
  readonly outboundAllowedNetworks: readonly string[];
  readonly databaseUrl: string;
  readonly contractsDir: string;
  readonly schemasDir: string;
  readonly clientKeysDir: string | undefined;
  /** Where sound catalogues are kept for the next start; `undefined`: nowhere. */
  readonly catalogueCacheDir: string | undefined;
  /** Milliseconds between looks at the catalogue's files, beside what the file system tells. */
  readonly cataloguePollEvery: number;
  /** 32 bytes or more; every other secret of the gateway is derived from it (HKDF). Not in PostgreSQL. */
  readonly masterKey: Buffer;
  /** The operator's own key to sign tokens with; without it keys are made, and changed after so many days. */
  readonly signingKey: KeyObject | undefined;
  readonly signingKeyRotationDays: number;
  /** Are tokens that are bound to nothing neither issued nor taken, whatever the contracts of systems say? */
  readonly requireBoundTokens: boolean;
  /** For the admin endpoints of the operators' port; without it there are none. */
  readonly operatorToken: string | undefined;
  readonly logLevel: string;
  /** Requests per second and address, before authentication. */
  readonly addressRate: number;
  readonly connections: ConnectionLimits;
  readonly streams: StreamLimits;
  /** Milliseconds that a request may take to arrive, headers and body. */
  readonly requestTimeout: number;
  /** Milliseconds to drain on SIGTERM. */
  readonly drainTimeout: number;
  readonly kafka: KafkaConfig | undefined;
  readonly outboxRetentionDays: number;
  /** Milliseconds for which topics and webhooks of a grant that left the catalogue wait for its return. */
  readonly removalGrace: number;
  readonly webhooks: WebhookConfig;
  /** Changes that a registry's streams may be behind before pushes are refused. */
  readonly outboxMaxBacklog: number;
  readonly evidenceRetentionMonths: number;
  readonly copies: CopyLimits;
  readonly upstream: { readonly maxConnections: number; readonly maxResponseBytes: number };
  readonly population: PopulationConfig | undefined;
  readonly business: BusinessConfig | undefined;
  readonly land: LandConfig | undefined;
  /** Province code of each commune code; empty: not known. */
  readonly provinceOfCommune: Readonly<Record<string, string>>;
}

export interface ConnectionLimits {
  readonly max: number;
  /** From one source (an IPv4 address, the /64 of an IPv6 address) that is not a trusted proxy. */
  readonly perAddress: number;
}

/** Snapshots and digests under way on one replica. */
export interface CopyLimits {
  readonly max: number;
  readonly perSystem: number;
  /** Calls that list records of one registry, at a time. */
  readonly listings: number;
}

/** Open streams (SSE, NDJSON) of one replica. */
export interface StreamLimits {
  readonly max: number;
  readonly perSystem: number;
}

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls:
    | {
        readonly caFile: string | undefined;
        readonly certificateFile: string | undefined;
        readonly keyFile: string | undefined;
      }
    | undefined;
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly retentionDays: number;
}

export interface WebhookConfig {
  /** Milliseconds for one delivery, from connecting to the end of the answer. */
  readonly timeout: number;
  /** Milliseconds after which a delivery that nobody takes is given up. */
  readonly giveUpAfter: number;
  /** Subscriptions of one system. */
  readonly perSystem: number;
}

export interface PopulationConfig {
  readonly url: string;
  readonly user: string;
  readonly secret: string;
  readonly apiKey: string;
  readonly roadClient: string;
}

export interface BusinessConfig {
  readonly url: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** Milliseconds between looks at its journal; `undefined`: its provider pushes. */
  readonly pollEvery: number | undefined;
}

export interface LandConfig {
  /** By province code. */
  readonly upstreams: Readonly<Record<string, { readonly url: string; readonly apiKey: string }>>;
  /** Province code of each commune code. */
  readonly provinceOfCommune: Readonly<Record<string, string>>;
}

/** Name, default (`undefined`: none), and what it is. Variables with `secret` may be given as `NAME_FILE` instead. */
export const variables = [
  { name: 'HOST', default: '0.0.0.0', about: 'address to listen on, for both ports' },
  { name: 'PORT', default: '8080', about: "agencies' port" },
  {
    name: 'OPERATIONS_PORT',
    default: '9090',
    about: "operators' port: metrics, health; never reachable for agencies",
  },
  {
    name: 'PUBLIC_URL',
    default: undefined,
    about:
      'address by which agencies reach the gateway: token issuer and audience, without user, query and fragment; required',
  },
  { name: 'TLS_CERT_FILE', default: undefined, about: 'certificate chain (PEM) of the agencies’ port' },
  { name: 'TLS_KEY_FILE', default: undefined, about: 'its private key (PEM)' },
  {
    name: 'TLS_CLIENT_CA_FILE',
    default: undefined,
    about:
      'authorities (PEM) of client certificates: with TLS_CERT_FILE clients are asked for one; behind a proxy it must be issued by one of these directly',
  },
  {
    name: 'OPERATIONS_TLS_CERT_FILE',
    default: undefined,
    about: 'certificate chain (PEM) of the operators’ port; without it that port speaks plain HTTP',
  },
  { name: 'OPERATIONS_TLS_KEY_FILE', default: undefined, about: 'its private key (PEM)' },
  {
    name: 'TRUSTED_PROXIES',
    default: '',
    about: 'comma-separated CIDRs whose X-Forwarded-For and Client-Cert (RFC 9440) are believed',
  },
  {
    name: 'OUTBOUND_ALLOWED_NETWORKS',
    default: '',
    about:
      'comma-separated CIDRs that are not public and yet may be called for key sets, issuers and webhooks; plain http only to this machine, when it is listed',
  },
  {
    name: 'DATABASE_URL',
    default: undefined,
    about: 'PostgreSQL 15+, direct or session-mode pooling; required',
    secret: true,
  },
  {
    name: 'CONTRACTS_DIR',
    default: undefined,
    about: 'directory with services/, agreements/, agencies/; default: the contracts of this package',
  },
  {
    name: 'SCHEMAS_DIR',
    default: undefined,
    about: 'directory of *.schema.json; default: the schemas of this package',
  },
  {
    name: 'CLIENT_KEYS_DIR',
    default: undefined,
    about: 'directory of <client id>.jwks.json: public keys of systems whose agency file names none',
  },
  {
    name: 'CATALOGUE_CACHE_DIR',
    default: undefined,
    about:
      'directory of the gateway’s own where a sound catalogue is kept, so that the next start need not read and check thousands of files; default: none',
  },
  {
    name: 'CATALOGUE_POLL_SECONDS',
    default: '30',
    about:
      'how often to look whether files of the catalogue changed, where the file system does not tell; less often when there are thousands (at least once in five minutes)',
  },
  {
    name: 'MASTER_KEY',
    default: undefined,
    about:
      'at least 32 random bytes, base64url; keys for evidence, pseudonyms and storage are derived from it; required',
    secret: true,
  },
  {
    name: 'SIGNING_KEY',
    default: undefined,
    about:
      'private key (P-256, PKCS#8, PEM or base64) that signs access tokens; unset: the gateway makes and changes its own',
    secret: true,
  },
  {
    name: 'SIGNING_KEY_ROTATION_DAYS',
    default: '90',
    about: 'days after which the gateway changes a key of its own making',
  },
  {
    name: 'REQUIRE_BOUND_TOKENS',
    default: 'false',
    about:
      'true: no token is issued or taken that is not bound to a DPoP key or a client certificate, also of external issuers',
  },
  {
    name: 'OPERATOR_TOKEN',
    default: undefined,
    about:
      "at least 32 random characters, to be sent as a bearer token to /admin on the operators' port; unset: there is no /admin",
    secret: true,
  },
  { name: 'LOG_LEVEL', default: 'info', about: 'fatal, error, warn, info, debug, trace or silent' },
  {
    name: 'ADDRESS_RATE',
    default: '5000',
    about: 'requests per second from one address, before authentication',
  },
  {
    name: 'MAX_CONNECTIONS',
    default: '10000',
    about: "open connections on the agencies' port; one more is closed at once",
  },
  {
    name: 'ADDRESS_CONNECTIONS',
    default: '2000',
    about:
      'open connections from one address, so that it cannot take all; trusted proxies have no such limit',
  },
  {
    name: 'MAX_STREAMS',
    default: '2000',
    about: 'open streams (server-sent events, snapshots) on this replica; one more is 503',
  },
  {
    name: 'SYSTEM_STREAMS',
    default: '20',
    about: 'open streams of one system on this replica; one more is 429',
  },
  {
    name: 'REQUEST_SECONDS',
    default: '30',
    about: 'how long a request may take to arrive, headers and body; then 408',
  },
  { name: 'DRAIN_SECONDS', default: '25', about: 'how long SIGTERM waits for requests in flight' },
  {
    name: 'KAFKA_BROKERS',
    default: '',
    about: 'comma-separated host:port; empty: no Kafka, the feed serves alone',
  },
  { name: 'KAFKA_CLIENT_ID', default: 'lienthong', about: 'client id told to the brokers' },
  { name: 'KAFKA_TLS', default: 'false', about: 'true: TLS to the brokers' },
  { name: 'KAFKA_CA_FILE', default: undefined, about: 'certificate authority (PEM) of the brokers' },
  { name: 'KAFKA_CERT_FILE', default: undefined, about: "the gateway's client certificate (PEM)" },
  { name: 'KAFKA_KEY_FILE', default: undefined, about: 'its private key (PEM)' },
  { name: 'KAFKA_SASL_MECHANISM', default: undefined, about: 'plain, scram-sha-256 or scram-sha-512' },
  { name: 'KAFKA_USERNAME', default: undefined, about: 'SASL user' },
  { name: 'KAFKA_PASSWORD', default: undefined, about: 'SASL password', secret: true },
  { name: 'KAFKA_PARTITIONS', default: '6', about: 'partitions of a new topic' },
  {
    name: 'KAFKA_REPLICATION_FACTOR',
    default: '-1',
    about: "replicas of a new topic; -1: the broker's default",
  },
  { name: 'KAFKA_RETENTION_DAYS', default: '7', about: 'retention of a new topic' },
  {
    name: 'WEBHOOK_SECONDS',
    default: '10',
    about: 'how long one delivery to a webhook may take, to the end of the answer',
  },
  {
    name: 'WEBHOOK_RETRY_HOURS',
    default: '72',
    about: 'how long a delivery that is not taken is tried again; then it goes to the dead letters',
  },
  { name: 'WEBHOOK_SUBSCRIPTIONS', default: '50', about: 'webhook subscriptions of one system' },
  {
    name: 'REMOVAL_GRACE_HOURS',
    default: '72',
    about:
      'how long topics and webhooks of an agreement or stream that left the catalogue wait for its return before they are removed; 0: not at all. Longer than OUTBOX_RETENTION_DAYS, changes may be missing after the return',
  },
  { name: 'OUTBOX_RETENTION_DAYS', default: '7', about: 'how long changes stay in the outbox' },
  {
    name: 'OUTBOX_MAX_BACKLOG',
    default: '1000000',
    about: "changes that the middle one of a registry's topics may be behind; past it pushes get 503",
  },
  {
    name: 'EVIDENCE_RETENTION_MONTHS',
    default: '12',
    about: 'how long evidence is kept (TCVN 14423: by the level of the system)',
  },
  {
    name: 'COPIES_MAX',
    default: '16',
    about: 'snapshots and digests that one replica makes at a time; more get 503',
  },
  { name: 'COPIES_PER_SYSTEM', default: '2', about: 'of these for one system; more get 429' },
  {
    name: 'COPIES_LISTINGS',
    default: '4',
    about: 'connections to one registry that they may use at a time, of UPSTREAM_MAX_CONNECTIONS',
  },
  { name: 'UPSTREAM_MAX_CONNECTIONS', default: '64', about: 'connections to one upstream' },
  { name: 'UPSTREAM_MAX_RESPONSE_BYTES', default: '4194304', about: 'largest answer taken from an upstream' },
  {
    name: 'POPULATION_URL',
    default: undefined,
    about: 'SOAP endpoint of the population registry; unset: its services answer 503',
  },
  { name: 'POPULATION_USER', default: '', about: 'user of its Basic authentication' },
  { name: 'POPULATION_SECRET', default: '', about: 'secret of its Basic authentication', secret: true },
  { name: 'POPULATION_API_KEY', default: '', about: 'value of its ApiKey header', secret: true },
  { name: 'POPULATION_ROAD_CLIENT', default: '', about: 'value of its X-Road-Client header' },
  {
    name: 'BUSINESS_URL',
    default: undefined,
    about: 'base URL of the business registry; unset: its services answer 503',
  },
  { name: 'BUSINESS_CONSUMER_KEY', default: '', about: 'OAuth consumer key' },
  { name: 'BUSINESS_CONSUMER_SECRET', default: '', about: 'OAuth consumer secret', secret: true },
  {
    name: 'BUSINESS_POLL_SECONDS',
    default: '',
    about:
      'how often to read its journal for changes, 5 to 900; empty: not at all, because its provider pushes them',
  },
  {
    name: 'LAND_UPSTREAMS',
    default: undefined,
    about: 'JSON { "01": { "url", "apiKey" }, … } by province; unset: its services answer 503',
    secret: true,
  },
  {
    name: 'ADMINISTRATIVE_UNITS_FILE',
    default: undefined,
    about:
      'JSON [ { "Code", "Wards": [ { "Code" } ] } ]: which province a commune belongs to; required with LAND_UPSTREAMS; published records are held to it',
  },
] as const satisfies readonly { name: string; default: string | undefined; about: string; secret?: true }[];

type Environment = Readonly<Record<string, string | undefined>>;

type Name = (typeof variables)[number]['name'];

/** Everything that is wrong with the environment, at once. */
class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(errors: readonly string[]) {
    super(`configuration:\n${errors.map((line) => `  ${line}`).join('\n')}`);
  }
}

/**
 * Reads a configuration from `environment`.
 * @throws ConfigError naming every missing or invalid variable, never a secret's value
 */
export function readConfig(environment: Environment = process.env): Config {
  const errors: string[] = [];
  const fail = (name: Name, why: string): undefined => {
    errors.push(`${name}: ${why}`);
    return undefined;
  };

  const text = (name: Name): string | undefined => {
    const row: { default: string | undefined; secret?: true } = variables.find(
      (variable) => variable.name === name,
    )!;
    const file = row.secret ? environment[`${name}_FILE`] : undefined;
    if (file) {
      try {
        return readFileSync(file, 'utf8').trim();
      } catch {
        return fail(name, `${name}_FILE cannot be read`);
      }
    }
    const value = environment[name];
    return value === undefined || value === '' ? row.default : value;
  };
  const required = (name: Name): string => text(name) ?? (fail(name, 'is required') as undefined) ?? '';
  const integer = (name: Name, min: number, max: number): number => {
    const value = Number(text(name));
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    fail(name, `must be a whole number from ${min} to ${max}`);
    return min;
  };
  const boolean = (name: Name): boolean => {
    const value = text(name);
    if (value !== 'true' && value !== 'false') fail(name, 'must be true or false');
    return value === 'true';
  };
  const list = (name: Name): string[] =>
    (text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  const url = (name: Name, value: string): string => {
    if (value && !/^https?:\/\//.test(URL.canParse(value) ? value : ''))
      fail(name, 'must be an http or https URL');
    return value.replace(/\/+$/, '');
  };

  /** An issuer is compared as text, and every address is made from it (RFC 8414, 2): each reader must read it alike. */
  const issuer = (name: Name, value: string): string => {
    const wellFormed = URL.canParse(value) && normaliseHttpUri(value) !== undefined && !/[?#]/.test(value);
    if (value && !wellFormed) {
      fail(name, 'must be an http or https URL (RFC 3986) without user, password, query and fragment');
    }
    return value.replace(/\/+$/, '');
  };

  const masterKey = Buffer.from(required('MASTER_KEY'), 'base64url');
  if (masterKey.length > 0 && masterKey.length < 32)
    fail('MASTER_KEY', 'must be at least 32 bytes, base64url');

  const signingKey = text('SIGNING_KEY');
  const operatorToken = text('OPERATOR_TOKEN');
  if (operatorToken !== undefined && !/^[\x21-\x7e]{32,}$/.test(operatorToken))
    fail('OPERATOR_TOKEN', 'must be at least 32 characters without spaces');

  const tlsFiles = (certificate: Name, key: Name) => {
    const certificateFile = text(certificate);
    const keyFile = text(key);
    if (!certificateFile !== !keyFile) fail(key, `${certificate} and ${key} go together`);
    return certificateFile && keyFile ? { certificateFile, keyFile } : undefined;
  };

  const networks = (name: Name): string[] => {
    const value = list(name);
    try {
      parseNetworks(value);
    } catch {
      fail(name, 'must be comma-separated CIDRs');
    }
    return value;
  };

  const mechanism = text('KAFKA_SASL_MECHANISM');
  if (mechanism && !isMechanism(mechanism))
    fail('KAFKA_SASL_MECHANISM', 'must be plain, scram-sha-256 or scram-sha-512');
  const brokers = list('KAFKA_BROKERS');
  const kafka: KafkaConfig | undefined =
    brokers.length === 0
      ? undefined
      : {
          brokers,
          clientId: text('KAFKA_CLIENT_ID')!,
          tls:
            text('KAFKA_TLS') === 'true'
              ? {
                  caFile: text('KAFKA_CA_FILE'),
                  certificateFile: text('KAFKA_CERT_FILE'),
                  keyFile: text('KAFKA_KEY_FILE'),
                }
              : undefined,
          sasl:
            mechanism && isMechanism(mechanism)
              ? { mechanism, username: required('KAFKA_USERNAME'), password: required('KAFKA_PASSWORD') }
              : undefined,
          partitions: integer('KAFKA_PARTITIONS', 1, 10_000),
          replicationFactor: integer('KAFKA_REPLICATION_FACTOR', -1, 100),
          retentionDays: integer('KAFKA_RETENTION_DAYS', 1, 3650),
        };

  const populationUrl = text('POPULATION_URL');
  const businessUrl = text('BUSINESS_URL');
  const landUpstreams = text('LAND_UPSTREAMS');
  const unitsFile = text('ADMINISTRATIVE_UNITS_FILE');
  const provinceOfCommune = unitsFile ? readUnits(unitsFile, (name, why) => fail(name, why)) : undefined;
  const config: Config = {
    host: text('HOST')!,
    port: integer('PORT', 0, 65_535),
    operationsPort: integer('OPERATIONS_PORT', 0, 65_535),
    publicUrl: issuer('PUBLIC_URL', required('PUBLIC_URL')),
    tls: tlsFiles('TLS_CERT_FILE', 'TLS_KEY_FILE'),
    operationsTls: tlsFiles('OPERATIONS_TLS_CERT_FILE', 'OPERATIONS_TLS_KEY_FILE'),
    clientCaFile: text('TLS_CLIENT_CA_FILE'),
    trustedProxies: networks('TRUSTED_PROXIES'),
    outboundAllowedNetworks: networks('OUTBOUND_ALLOWED_NETWORKS'),
    databaseUrl: required('DATABASE_URL'),
    ...catalogDirectories(environment),
    catalogueCacheDir: text('CATALOGUE_CACHE_DIR'),
    cataloguePollEvery: integer('CATALOGUE_POLL_SECONDS', 1, 3600) * 1000,
    masterKey,
    signingKey: signingKey ? readSigningKey(signingKey, (why) => fail('SIGNING_KEY', why)) : undefined,
    signingKeyRotationDays: integer('SIGNING_KEY_ROTATION_DAYS', 1, 3650),
    requireBoundTokens: boolean('REQUIRE_BOUND_TOKENS'),
    operatorToken,
    logLevel: text('LOG_LEVEL')!,
    addressRate: integer('ADDRESS_RATE', 1, 1_000_000),
    connections: {
      max: integer('MAX_CONNECTIONS', 1, 1_000_000),
      perAddress: integer('ADDRESS_CONNECTIONS', 1, 1_000_000),
    },
    streams: {
      max: integer('MAX_STREAMS', 1, 1_000_000),
      perSystem: integer('SYSTEM_STREAMS', 1, 1_000_000),
    },
    requestTimeout: integer('REQUEST_SECONDS', 1, 3600) * 1000,
    drainTimeout: integer('DRAIN_SECONDS', 1, 3600) * 1000,
    kafka,
    webhooks: {
      timeout: integer('WEBHOOK_SECONDS', 1, 60) * 1000,
      giveUpAfter: integer('WEBHOOK_RETRY_HOURS', 1, 2400) * 3_600_000,
      perSystem: integer('WEBHOOK_SUBSCRIPTIONS', 1, 100_000),
    },
    outboxRetentionDays: integer('OUTBOX_RETENTION_DAYS', 1, 3650),
    removalGrace: integer('REMOVAL_GRACE_HOURS', 0, 8760) * 3_600_000,
    outboxMaxBacklog: integer('OUTBOX_MAX_BACKLOG', 1000, 1_000_000_000),
    evidenceRetentionMonths: integer('EVIDENCE_RETENTION_MONTHS', 1, 1200),
    copies: {
      max: integer('COPIES_MAX', 1, 1000),
      perSystem: integer('COPIES_PER_SYSTEM', 1, 1000),
      listings: integer('COPIES_LISTINGS', 1, 1000),
    },
    upstream: {
      maxConnections: integer('UPSTREAM_MAX_CONNECTIONS', 1, 10_000),
      maxResponseBytes: integer('UPSTREAM_MAX_RESPONSE_BYTES', 1024, 1_073_741_824),
    },
    population: populationUrl
      ? {
          url: url('POPULATION_URL', populationUrl),
          user: text('POPULATION_USER') ?? '',
          secret: text('POPULATION_SECRET') ?? '',
          apiKey: text('POPULATION_API_KEY') ?? '',
          roadClient: text('POPULATION_ROAD_CLIENT') ?? '',
        }
      : undefined,
    business: businessUrl
      ? {
          url: url('BUSINESS_URL', businessUrl),
          consumerKey: text('BUSINESS_CONSUMER_KEY') ?? '',
          consumerSecret: text('BUSINESS_CONSUMER_SECRET') ?? '',
          pollEvery: text('BUSINESS_POLL_SECONDS')
            ? integer('BUSINESS_POLL_SECONDS', 5, 900) * 1000
            : undefined,
        }
      : undefined,
    land: landUpstreams
      ? readLand(landUpstreams, provinceOfCommune, (name, why) => fail(name, why))
      : undefined,
    provinceOfCommune: provinceOfCommune ?? {},
  };
  if (!['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].includes(config.logLevel)) {
    fail('LOG_LEVEL', 'is not a level of pino');
  }
  if (errors.length > 0) throw new ConfigError(errors);
  return Object.freeze(config);
}

function readSigningKey(text: string, fail: (why: string) => undefined): KeyObject | undefined {
  try {
    const key = text.includes('-----BEGIN')
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // told below, without a word of the key
  }
  return fail('must be a private key for P-256, PKCS#8 in PEM or base64');
}

function isMechanism(value: string): value is 'plain' | 'scram-sha-256' | 'scram-sha-512' {
  return value === 'plain' || value === 'scram-sha-256' || value === 'scram-sha-512';
}

function readLand(
  upstreams: string,
  provinceOfCommune: LandConfig['provinceOfCommune'] | undefined,
  fail: (name: Name, why: string) => void,
): LandConfig | undefined {
  const parsed = parse<LandConfig['upstreams']>(upstreams);
  const valid =
    parsed !== undefined &&
    Object.entries(parsed).every(
      ([province, upstream]) =>
        /^\d{2}$/.test(province) && URL.canParse(upstream?.url) && typeof upstream.apiKey === 'string',
    );
  if (!valid) {
    fail('LAND_UPSTREAMS', 'must be JSON { "01": { "url", "apiKey" }, … }');
    return undefined;
  }
  if (!provinceOfCommune) {
    fail('ADMINISTRATIVE_UNITS_FILE', 'is required with LAND_UPSTREAMS');
    return undefined;
  }
  return { upstreams: parsed, provinceOfCommune };
}

function readUnits(
  unitsFile: string,
  fail: (name: Name, why: string) => void,
): LandConfig['provinceOfCommune'] {
  try {
    const units: { Code?: unknown; Wards?: { Code?: unknown }[] | null }[] = JSON.parse(
      readFileSync(unitsFile, 'utf8'),
    );
    const pairs = units.flatMap((province) =>
      (province.Wards ?? []).map((ward) => [ward.Code, province.Code]),
    );
    // A list under other names would hold nobody to anything.
    const areCodes = pairs.flat().every((code) => typeof code === 'string' && /^\d+$/.test(code));
    if (pairs.length > 0 && areCodes) return Object.fromEntries(pairs);
  } catch {
    // `fail` follows
  }
  fail('ADMINISTRATIVE_UNITS_FILE', 'cannot be read as JSON [ { "Code", "Wards": [ { "Code" } ] } ]');
  return {};
}

function parse<T>(json: string): T | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The store's address, for commands that need nothing else of the configuration. `undefined`: not set. */
export function storeUrl(environment: Environment = process.env): string | undefined {
  const file = environment.DATABASE_URL_FILE;
  return (file ? readFileSync(file, 'utf8').trim() : environment.DATABASE_URL) || undefined;
}

/** The operators' token, for commands that talk to the operators' port; `undefined`: none is set, or its file is not there. */
export function operatorTokenOf(environment: Environment = process.env): string | undefined {
  const { OPERATOR_TOKEN, OPERATOR_TOKEN_FILE } = environment;
  if (!OPERATOR_TOKEN_FILE) return OPERATOR_TOKEN || undefined;
  try {
    return readFileSync(OPERATOR_TOKEN_FILE, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Directories of the catalogue, for commands that need nothing else of the configuration. */
export function catalogDirectories(
  environment: Environment = process.env,
): Pick<Config, 'contractsDir' | 'schemasDir' | 'clientKeysDir'> {
  return {
    contractsDir: environment.CONTRACTS_DIR || inPackage('contracts'),
    schemasDir: environment.SCHEMAS_DIR || inPackage('schemas'),
    clientKeysDir: environment.CLIENT_KEYS_DIR || undefined,
  };
}

/**
 * Files and directories that `environment` names, as they are named there: with the gateway's own package, all that a
 * gateway of this configuration has to read. Any variable whose name ends with `_FILE` or `_DIR` counts.
 */
export function namedPaths(config: Config, environment: Environment = process.env): string[] {
  const names = variables.flatMap((row) => ('secret' in row ? `${row.name}_FILE` : row.name));
  const named = names.filter((name) => /_(FILE|DIR)$/.test(name)).map((name) => environment[name]);
  // libpq's parameters, which pg reads as files.
  const query = URL.canParse(config.databaseUrl) ? new URL(config.databaseUrl).searchParams : undefined;
  const ofDatabase = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => query?.get(name));
  return [config.contractsDir, config.schemasDir, ...named, ...ofDatabase].filter(
    (path) => !!path,
  ) as string[];
}

/** The environment with defaults of the caller's own: what is set outside wins. */
export function environmentOver(defaults: Environment): Environment {
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== '')),
  };
}

function inPackage(directory: string): string {
  return fileURLToPath(new URL(`../${directory}`, import.meta.url));
}
