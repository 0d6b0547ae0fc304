/** The registries: addresses and credentials. Each is connected or not; one that is connected by half is an error. */
import { readStrictJson } from '../../adapters/values/strict-json.ts';
import type { PlaceNames } from '../catalog/fields/place-names.ts';
import { type AdministrativeUnits, readAdministrativeUnits } from './administrative-units.ts';
import type { NameOf, Reader, Variable } from './reader.ts';

export const registryVariables = [
  { name: 'UPSTREAM_MAX_CONNECTIONS', default: '64', about: 'connections to one upstream' },
  {
    name: 'UPSTREAM_MAX_RESPONSE_BYTES',
    default: '4194304',
    about: 'largest answer taken from an upstream, as it comes and unpacked',
  },
  {
    name: 'UPSTREAM_PROBE_SECONDS',
    default: '60',
    about: 'after so long without an answer a registry is asked whether it is well; 0: it is not asked',
  },
  {
    name: 'POPULATION_URL',
    default: undefined,
    about: 'SOAP endpoint of the population registry; unset: its services answer 503',
  },
  { name: 'POPULATION_USER', default: '', about: 'user of its Basic authentication; required with its URL' },
  {
    name: 'POPULATION_SECRET',
    default: '',
    about: 'secret of its Basic authentication; required with its URL',
    secret: true,
  },
  {
    name: 'POPULATION_API_KEY',
    default: '',
    about: 'value of its ApiKey header; required with its URL',
    secret: true,
  },
  { name: 'POPULATION_ROAD_CLIENT', default: '', about: 'value of its X-Road-Client header' },
  {
    name: 'BUSINESS_URL',
    default: undefined,
    about: 'base URL of the business registry; unset: its services answer 503',
  },
  { name: 'BUSINESS_CONSUMER_KEY', default: '', about: 'OAuth consumer key; required with its URL' },
  {
    name: 'BUSINESS_CONSUMER_SECRET',
    default: '',
    about: 'OAuth consumer secret; required with its URL',
    secret: true,
  },
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
      'JSON [ { "Code", "FullName", "Wards": [ { "Code", "FullName" } ] } ]: which province a commune belongs to, and what they are called (names may be missing); required with LAND_UPSTREAMS; published records are held to it',
  },
] as const satisfies readonly Variable[];

type Name = NameOf<typeof registryVariables>;

interface PopulationConfig {
  readonly url: string;
  readonly user: string;
  readonly secret: string;
  readonly apiKey: string;
  readonly roadClient: string;
}

interface BusinessConfig {
  readonly url: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** Milliseconds between looks at its journal; `undefined`: its provider pushes. */
  readonly pollEvery: number | undefined;
}

interface LandConfig {
  /** By province code. */
  readonly upstreams: Readonly<Record<string, { readonly url: string; readonly apiKey: string }>>;
  /** Province code of each commune code. */
  readonly provinceOfCommune: Readonly<Record<string, string>>;
}

export interface RegistriesConfig {
  readonly upstream: { readonly maxConnections: number; readonly maxResponseBytes: number };
  /** Milliseconds; 0: never. */
  readonly upstreamProbeEvery: number;
  readonly population: PopulationConfig | undefined;
  readonly business: BusinessConfig | undefined;
  readonly land: LandConfig | undefined;
  /** Province code of each commune code; empty: not known. */
  readonly provinceOfCommune: Readonly<Record<string, string>>;
  /** What provinces and communes are called; `undefined`: not known. */
  readonly placeNames: PlaceNames | undefined;
}

export function readRegistries(read: Reader<Name>): RegistriesConfig {
  const { provinceOfCommune, placeNames } = readUnits(read) ?? {};
  return {
    upstream: {
      maxConnections: read.integer('UPSTREAM_MAX_CONNECTIONS', 1, 10_000),
      maxResponseBytes: read.integer('UPSTREAM_MAX_RESPONSE_BYTES', 1024, 1_073_741_824),
    },
    upstreamProbeEvery: read.integer('UPSTREAM_PROBE_SECONDS', 0, 3600) * 1000,
    population: readPopulation(read),
    business: readBusiness(read),
    land: readLand(read, provinceOfCommune),
    provinceOfCommune: provinceOfCommune ?? {},
    placeNames,
  };
}

function readPopulation(read: Reader<Name>): PopulationConfig | undefined {
  const url = readUrl(read, 'POPULATION_URL', [
    'POPULATION_USER',
    'POPULATION_SECRET',
    'POPULATION_API_KEY',
    'POPULATION_ROAD_CLIENT',
  ]);
  if (url === undefined) return undefined;
  return {
    url,
    user: readUser(read, 'POPULATION_USER', 'POPULATION_URL'),
    secret: readSecret(read, 'POPULATION_SECRET', 'POPULATION_URL'),
    apiKey: readField(
      read,
      'POPULATION_API_KEY',
      read.required('POPULATION_API_KEY', 'is required with POPULATION_URL'),
    ),
    roadClient: readField(read, 'POPULATION_ROAD_CLIENT', read.text('POPULATION_ROAD_CLIENT') ?? ''),
  };
}

function readBusiness(read: Reader<Name>): BusinessConfig | undefined {
  const polls = read.isSet('BUSINESS_POLL_SECONDS');
  const pollEvery = polls ? read.integer('BUSINESS_POLL_SECONDS', 5, 900) * 1000 : undefined;
  const url = readUrl(read, 'BUSINESS_URL', [
    'BUSINESS_CONSUMER_KEY',
    'BUSINESS_CONSUMER_SECRET',
    'BUSINESS_POLL_SECONDS',
  ]);
  if (url === undefined) return undefined;
  return {
    url,
    consumerKey: readUser(read, 'BUSINESS_CONSUMER_KEY', 'BUSINESS_URL'),
    consumerSecret: readSecret(read, 'BUSINESS_CONSUMER_SECRET', 'BUSINESS_URL'),
    pollEvery,
  };
}

/** User of Basic authentication: what stands after a colon would be taken for the password (RFC 7617, 2). */
function readUser(read: Reader<Name>, name: Name, url: Name): string {
  const value = readSecret(read, name, url);
  if (value.includes(':')) read.fail(name, 'must not have a colon');
  return value;
}

/** Copied with its line break, a secret is another one, and the registry refuses each call. */
function readSecret(read: Reader<Name>, name: Name, url: Name): string {
  const value = read.required(name, `is required with ${url}`);
  if (/^\s|\s$|\p{Cc}/u.test(value)) {
    read.fail(name, 'must not begin or end with a blank, nor have a control character');
  }
  return value;
}

/** What a header field carries (RFC 9110, 5.5): any other is sent with no call. */
function readField(read: Reader<Name>, name: Name, value: string): string {
  if (!isFieldValue(value)) read.fail(name, 'must be ASCII without line breaks, and no blanks around it');
  return value;
}

function isFieldValue(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value) && value.trim() === value;
}

/** An address, without slashes at its end. `undefined`: not set, and then `others` are for nothing. */
function readUrl(read: Reader<Name>, name: Name, others: readonly Name[]): string | undefined {
  const value = read.text(name);
  if (value === undefined) {
    for (const other of others.filter(read.isSet)) read.warn(other, `has no effect without ${name}`);
    return undefined;
  }
  if (!isHttpUrl(value))
    read.fail(name, 'must be an http or https URL without user, password, query and fragment');
  return value.replace(/\/+$/, '');
}

/** With a user or a password in it, an address would be a secret; a query would be left out of each call. */
function isHttpUrl(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '' && !/[?#\s]/.test(value);
}

function readLand(
  read: Reader<Name>,
  provinceOfCommune: LandConfig['provinceOfCommune'] | undefined,
): LandConfig | undefined {
  const text = read.text('LAND_UPSTREAMS');
  if (text === undefined) return undefined;
  const upstreams = parse<LandConfig['upstreams']>(text);
  const entries = Object.entries(upstreams ?? {});
  const valid = entries.every(
    ([province, upstream]) =>
      /^\d{2}$/.test(province) &&
      typeof upstream?.url === 'string' &&
      isHttpUrl(upstream.url) &&
      typeof upstream.apiKey === 'string' &&
      upstream.apiKey !== '' &&
      isFieldValue(upstream.apiKey),
  );
  if (upstreams === undefined || Array.isArray(upstreams) || entries.length === 0 || !valid) {
    return read.fail('LAND_UPSTREAMS', 'must be JSON { "01": { "url", "apiKey" }, … }');
  }
  if (!read.isSet('ADMINISTRATIVE_UNITS_FILE')) {
    return read.fail('ADMINISTRATIVE_UNITS_FILE', 'is required with LAND_UPSTREAMS');
  }
  return { upstreams, provinceOfCommune: provinceOfCommune ?? {} };
}

function readUnits(read: Reader<Name>): AdministrativeUnits | undefined {
  const file = read.text('ADMINISTRATIVE_UNITS_FILE');
  if (file === undefined) return undefined;
  return (
    readAdministrativeUnits(file) ??
    read.fail(
      'ADMINISTRATIVE_UNITS_FILE',
      'cannot be read as JSON [ { "Code", "FullName", "Wards": [ { "Code", "FullName" } ] } ] with codes of 2 and 5 digits, each commune once',
    )
  );
}

function parse<T>(json: string): T | undefined {
  try {
    // Of two entries for one province the first would be gone without a word.
    const { value } = readStrictJson(Buffer.from(json));
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
