/**
 * Reads the environment, which no other file does, into one frozen, validated object.
 *
 * Each variable is a row of its owner, which is a file of this folder or a registry. `npm run generate` writes the rows as tables
 * into docs/operators/configuration.md.
 */
import type { Owner } from '../../adapters/config/variables.ts';
import { registries } from '../registries.ts';
import { ConfigError, type ConfigProblem } from '../runtime/config-error.ts';
import {
  type CatalogDirectories,
  type CatalogueConfig,
  catalogue,
  readCatalogue,
  readDirectories,
} from './catalogue.ts';
import { type ChangesConfig, changes, readChanges } from './changes.ts';
import {
  type DatabaseConfig,
  database,
  type MigrationConfig,
  readDatabase,
  readMigration,
} from './database.ts';
import { type KafkaConfig, kafka, readKafka } from './kafka.ts';
import { type KeysConfig, keys, readKeys } from './keys.ts';
import { type LimitsConfig, limits, readLimits } from './limits.ts';
import { findMisspelt } from './misspelt.ts';
import { type PortsConfig, ports, readPorts } from './ports.ts';
import { type Environment, type Reading, readingOf } from './reader.ts';
import { type RegistriesConfig, readRegistries } from './registries.ts';
import { countryOf, readUpstreams, type UpstreamsConfig, upstreams } from './upstreams.ts';

export interface Config
  extends PortsConfig,
    DatabaseConfig,
    CatalogueConfig,
    KeysConfig,
    LimitsConfig,
    ChangesConfig,
    UpstreamsConfig {
  readonly kafka: KafkaConfig | undefined;
  readonly registries: RegistriesConfig;
  /** Values that were accepted and are probably mistakes. */
  readonly warnings: readonly ConfigProblem[];
}

/** Every part that has variables, in the order in which they are read and documented. */
export const owners = [
  ports,
  database,
  catalogue,
  keys,
  limits,
  kafka,
  changes,
  upstreams,
  ...registries,
] as const satisfies readonly Owner[];

/** All rows. Variables with `secret` may be given as `NAME_FILE` instead. */
export const variables = owners.flatMap((owner) => [...owner.variables]);

/**
 * Reads a configuration from `environment`.
 * @throws ConfigError naming every missing or invalid variable, never a secret's value
 */
export function readConfig(environment: Environment = process.env): Config {
  const reading = readingOf(environment);
  const ofUpstreams = reading.of(upstreams.variables);
  const config = {
    ...readPorts(reading.of(ports.variables)),
    ...readDatabase(reading.of(database.variables)),
    ...readCatalogue(reading.of(catalogue.variables)),
    ...readKeys(reading.of(keys.variables)),
    ...readLimits(reading.of(limits.variables)),
    kafka: readKafka(reading.of(kafka.variables)),
    ...readChanges(reading.of(changes.variables)),
    ...readUpstreams(ofUpstreams),
    registries: readRegistries(reading, countryOf(ofUpstreams)),
  };
  const warnings = warningsOf(reading, environment);
  return Object.freeze({ ...config, warnings });
}

/** The part of the configuration that `lienthong migrate` needs. @throws ConfigError */
export function readMigrationConfig(environment: Environment = process.env): MigrationConfig & {
  readonly evidenceRetentionMonths: number | undefined;
  /** Values that are probably mistakes. */
  readonly warnings: readonly ConfigProblem[];
} {
  const reading = readingOf(environment);
  const retention = reading.of(changes.variables);
  const config = {
    ...readMigration(reading.of(database.variables)),
    // Without the default value, so that a command without the variable does not shorten the retention that an earlier command has set.
    evidenceRetentionMonths: retention.isSet('EVIDENCE_RETENTION_MONTHS')
      ? retention.value('EVIDENCE_RETENTION_MONTHS')
      : undefined,
  };
  // With a misspelt DATABASE_OWNER_URL the gateway's own role would become the owner of the tables.
  return { ...config, warnings: warningsOf(reading, environment) };
}

/** @throws ConfigError when a variable is invalid or probably misspelt */
function warningsOf(reading: Reading, environment: Environment): ConfigProblem[] {
  const { refused, doubtful } = findMisspelt(environment, variables);
  const problems = [...reading.problems(), ...refused];
  if (problems.length > 0) throw new ConfigError(problems);
  return [...reading.warnings(), ...doubtful];
}

/** The store's address, for commands that need nothing else of the configuration. `undefined`: not set. @throws ConfigError */
export function storeUrl(environment: Environment = process.env): string | undefined {
  return alone(environment, (reading) => reading.of(database.variables).value('DATABASE_URL'));
}

/** The operators' token, for commands that talk to the operators' port; `undefined`: none is set. @throws ConfigError */
export function operatorTokenOf(environment: Environment = process.env): string | undefined {
  return alone(environment, (reading) => reading.of(keys.variables).value('OPERATOR_TOKEN'));
}

/** Directories of the catalogue, for commands that need nothing else of the configuration. */
export function catalogDirectories(environment: Environment = process.env): CatalogDirectories {
  return readDirectories(readingOf(environment).of(catalogue.variables));
}

/** Reads one value of the configuration, even if others are invalid. @throws ConfigError when this value is invalid */
function alone<T>(environment: Environment, read: (reading: Reading) => T): T {
  const reading = readingOf(environment);
  const value = read(reading);
  const problems = reading.problems();
  if (problems.length > 0) throw new ConfigError(problems);
  return value;
}

/**
 * The files and directories that `environment` names, as written there: the values of all variables whose names end with `_FILE` or
 * `_DIR`, and the files in the parameters of the database's address. A gateway with this configuration reads only these and its own
 * package. The file of the database owner's address is excluded, because a reader of that file could rewrite evidence.
 */
export function namedPaths(config: Config, environment: Environment = process.env): string[] {
  const names = variables.flatMap((row) => ('secret' in row ? `${row.name}_FILE` : row.name));
  const own = names.filter((name) => /_(FILE|DIR)$/.test(name) && name !== 'DATABASE_OWNER_URL_FILE');
  const named = own.map((name) => environment[name]);
  // node-postgres reads the values of these parameters as paths of files.
  const query = URL.canParse(config.databaseUrl) ? new URL(config.databaseUrl).searchParams : undefined;
  const ofDatabase = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => query?.get(name));
  return [config.contractsDir, config.schemasDir, ...named, ...ofDatabase].filter(
    (path) => !!path,
  ) as string[];
}

/** The directories that `environment` names, and that the gateway may write. */
export function writablePaths(environment: Environment = process.env): string[] {
  const names = variables.flatMap((row) => ('writes' in row ? row.name : []));
  return names.map((name) => environment[name]).filter((path) => !!path) as string[];
}

/** Adds defaults to the environment. A variable that is set in the environment, directly or as a file, overrides its default. */
export function environmentOver(defaults: Environment): Environment {
  const outside = Object.entries(process.env).filter(([, value]) => value !== '');
  const given = new Set(outside.map(([name]) => name.replace(/_FILE$/, '')));
  return {
    ...Object.fromEntries(Object.entries(defaults).filter(([name]) => !given.has(name))),
    ...Object.fromEntries(outside),
  };
}
