/**
 * The only reader of the environment: one frozen, validated object.
 *
 * Every variable is a row of `variables`, which each part brings (`config/`); `docs/operators.md` carries the same table and
 * a test compares the two.
 */

import { ConfigError, type ConfigProblem } from '../runtime/config-error.ts';
import {
  type CatalogDirectories,
  type CatalogueConfig,
  catalogueVariables,
  directoriesIn,
  readCatalogue,
} from './catalogue.ts';
import { type ChangesConfig, changeVariables, readChanges } from './changes.ts';
import {
  type DatabaseConfig,
  databaseVariables,
  type MigrationConfig,
  readDatabase,
  readDatabaseUrl,
  readMigration,
} from './database.ts';
import { type KafkaConfig, kafkaVariables, readKafka } from './kafka.ts';
import { type KeysConfig, keyVariables, readKeys, readOperatorToken } from './keys.ts';
import { type LimitsConfig, limitVariables, readLimits } from './limits.ts';
import { findMisspelt } from './misspelt.ts';
import { type PortsConfig, portVariables, readPorts } from './ports.ts';
import { createReader, type Environment, type Variable } from './reader.ts';
import { type RegistriesConfig, readRegistries, registryVariables } from './registries.ts';

export interface Config
  extends PortsConfig,
    DatabaseConfig,
    CatalogueConfig,
    KeysConfig,
    LimitsConfig,
    ChangesConfig,
    RegistriesConfig {
  readonly kafka: KafkaConfig | undefined;
  /** What was taken, and is probably not what was meant. */
  readonly warnings: readonly ConfigProblem[];
}

/** Name, default (`undefined`: none), and what it is. Variables with `secret` may be given as `NAME_FILE` instead. */
export const variables = [
  ...portVariables,
  ...databaseVariables,
  ...catalogueVariables,
  ...keyVariables,
  ...limitVariables,
  ...kafkaVariables,
  ...changeVariables,
  ...registryVariables,
] as const satisfies readonly Variable[];

/**
 * Reads a configuration from `environment`.
 * @throws ConfigError naming every missing or invalid variable, never a secret's value
 */
export function readConfig(environment: Environment = process.env): Config {
  const read = createReader(environment, variables);
  const config = {
    ...readPorts(read),
    ...readDatabase(read),
    ...readCatalogue(read, environment),
    ...readKeys(read),
    ...readLimits(read),
    kafka: readKafka(read),
    ...readChanges(read),
    ...readRegistries(read),
  };
  const { refused, doubtful } = findMisspelt(environment, variables);
  const problems = [...read.problems(), ...refused];
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({ ...config, warnings: [...read.warnings(), ...doubtful] });
}

/** What `lienthong migrate` needs, and nothing else of the configuration. @throws ConfigError */
export function readMigrationConfig(environment: Environment = process.env): MigrationConfig & {
  readonly evidenceRetentionMonths: number | undefined;
  /** What is probably not what was meant. */
  readonly warnings: readonly ConfigProblem[];
} {
  const read = createReader(environment, variables);
  const config = {
    ...readMigration(read),
    // Not its default: a command that was called without it would shorten what an earlier one said.
    evidenceRetentionMonths: read.isSet('EVIDENCE_RETENTION_MONTHS')
      ? read.integer('EVIDENCE_RETENTION_MONTHS', 1, 1200)
      : undefined,
  };
  // As for a gateway: the owner's address under a wrong name would leave the tables with the gateway's own role.
  const { refused, doubtful } = findMisspelt(environment, variables);
  const problems = [...read.problems(), ...refused];
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...config, warnings: [...read.warnings(), ...doubtful] };
}

/** The store's address, for commands that need nothing else of the configuration. `undefined`: not set. @throws ConfigError */
export function storeUrl(environment: Environment = process.env): string | undefined {
  const read = createReader(environment, variables);
  return read.isSet('DATABASE_URL') ? soundly(read, readDatabaseUrl(read)) : undefined;
}

/** The operators' token, for commands that talk to the operators' port; `undefined`: none is set. @throws ConfigError */
export function operatorTokenOf(environment: Environment = process.env): string | undefined {
  const read = createReader(environment, variables);
  return soundly(read, readOperatorToken(read));
}

/** `value`, if nothing was wrong with what has been read so far. @throws ConfigError */
function soundly<T>(read: { problems(): ConfigProblem[] }, value: T): T {
  const problems = read.problems();
  if (problems.length > 0) throw new ConfigError(problems);
  return value;
}

/** Directories of the catalogue, for commands that need nothing else of the configuration. */
export function catalogDirectories(environment: Environment = process.env): CatalogDirectories {
  return directoriesIn(environment);
}

/**
 * Files and directories that `environment` names, as they are named there: with the gateway's own package, all that a
 * gateway of this configuration has to read. Any variable whose name ends with `_FILE` or `_DIR` counts, but that of the owner of the
 * database: whoever reads it may rewrite evidence.
 */
export function namedPaths(config: Config, environment: Environment = process.env): string[] {
  const names = variables.flatMap((row) => ('secret' in row ? `${row.name}_FILE` : row.name));
  const own = names.filter((name) => /_(FILE|DIR)$/.test(name) && name !== 'DATABASE_OWNER_URL_FILE');
  const named = own.map((name) => environment[name]);
  // libpq's parameters, which pg reads as files.
  const query = URL.canParse(config.databaseUrl) ? new URL(config.databaseUrl).searchParams : undefined;
  const ofDatabase = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => query?.get(name));
  return [config.contractsDir, config.schemasDir, ...named, ...ofDatabase].filter(
    (path) => !!path,
  ) as string[];
}

/** The environment with defaults of the caller's own: what is set outside, also as a file, wins. */
export function environmentOver(defaults: Environment): Environment {
  const outside = Object.entries(process.env).filter(([, value]) => value !== '');
  const given = new Set(outside.map(([name]) => name.replace(/_FILE$/, '')));
  return {
    ...Object.fromEntries(Object.entries(defaults).filter(([name]) => !given.has(name))),
    ...Object.fromEntries(outside),
  };
}
