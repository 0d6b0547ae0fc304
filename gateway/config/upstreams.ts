/** Settings that all registries share: connections to upstreams, and the list of administrative units. */
import { integer, seconds } from '../../adapters/config/parsers.ts';
import type { Country } from '../../adapters/config/registry.ts';
import type { Owner, Reader, Report } from '../../adapters/config/variables.ts';
import type { PlaceNames } from '../catalog/fields/place-names.ts';
import { type AdministrativeUnits, readAdministrativeUnits } from './administrative-units.ts';

export const upstreams = {
  title: 'Registries',
  variables: [
    {
      name: 'UPSTREAM_MAX_CONNECTIONS',
      default: '64',
      about: 'connections to one upstream',
      parse: integer(1, 10_000),
    },
    {
      name: 'UPSTREAM_MAX_RESPONSE_BYTES',
      default: '4194304',
      about: 'largest answer taken from an upstream, as it comes and unpacked',
      parse: integer(1024, 1_073_741_824),
    },
    {
      name: 'UPSTREAM_PROBE_SECONDS',
      default: '60',
      about: 'after so long without an answer a registry is asked whether it is well; 0: it is not asked',
      parse: seconds(0, 3600),
    },
    {
      name: 'ADMINISTRATIVE_UNITS_FILE',
      default: undefined,
      about:
        'JSON [ { "Code", "FullName", "Wards": [ { "Code", "FullName" } ] } ]: which province a commune belongs to, and what they are called (names may be missing); required with LAND_UPSTREAMS; published records are held to it',
      parse: readUnits,
    },
  ],
} as const satisfies Owner;

type Rows = typeof upstreams.variables;

export interface UpstreamsConfig {
  readonly upstream: { readonly maxConnections: number; readonly maxResponseBytes: number };
  /** Milliseconds; 0: never. */
  readonly upstreamProbeEvery: number;
  /** Province code of each commune code; empty: not known. */
  readonly provinceOfCommune: Readonly<Record<string, string>>;
  /** Names of provinces and communes; `undefined`: not known. */
  readonly placeNames: PlaceNames | undefined;
}

export function readUpstreams(read: Reader<Rows>): UpstreamsConfig {
  const { provinceOfCommune, placeNames } = read.value('ADMINISTRATIVE_UNITS_FILE') ?? NO_UNITS;
  return {
    upstream: {
      maxConnections: read.value('UPSTREAM_MAX_CONNECTIONS'),
      maxResponseBytes: read.value('UPSTREAM_MAX_RESPONSE_BYTES'),
    },
    upstreamProbeEvery: read.value('UPSTREAM_PROBE_SECONDS'),
    provinceOfCommune,
    placeNames,
  };
}

/** Gives registries access to the list of administrative units. */
export function countryOf(read: Reader<Rows>): Country {
  return {
    provinceOfCommune(variable) {
      const { provinceOfCommune } = read.required(
        'ADMINISTRATIVE_UNITS_FILE',
        `is required with ${variable}`,
      );
      return provinceOfCommune;
    },
  };
}

const NO_UNITS: AdministrativeUnits = { provinceOfCommune: {}, placeNames: undefined };

function readUnits(file: string, report: Report): AdministrativeUnits {
  const units = readAdministrativeUnits(file);
  if (units) return units;
  report.fail(
    'cannot be read as JSON [ { "Code", "FullName", "Wards": [ { "Code", "FullName" } ] } ] with codes of 2 and 5 digits, each commune once',
  );
  return NO_UNITS;
}
