/** Explains why a gateway does not start, by the variable to change, where there is one. */
import type { Finding } from '../../catalog/read/document.ts';
import { ConfigError, type ConfigProblem } from '../../runtime/config-error.ts';

/** The directories of the files in findings; those of the other directories are below `CONTRACTS_DIR`. */
const DIRECTORIES: readonly (readonly [file: RegExp, variable: string])[] = [
  [/^schemas(\/|$)/, 'SCHEMAS_DIR'],
  [/^client-keys(\/|$)/, 'CLIENT_KEYS_DIR'],
  [/^/, 'CONTRACTS_DIR'],
];

/** Thousands of lines would not help; `lienthong check` shows all. */
const FINDINGS_SHOWN = 20;

/** A broken catalogue becomes a problem of the configuration; any other error is returned unchanged. */
export function asConfigError(error: unknown): unknown {
  if (!isCatalogError(error)) return error;
  const { findings } = error;
  const problems = findings.slice(0, FINDINGS_SHOWN).map((finding) => problemOf(finding));
  const more = findings.length - problems.length;
  if (more > 0) {
    const reason = `${more} more errors in the catalogue: lienthong check lists them`;
    problems.push({ variable: variableOf(findings[FINDINGS_SHOWN]!), reason });
  }
  const configuration = new ConfigError(problems);
  configuration.cause = error;
  return configuration;
}

/** Recognised by name: loading its class would load the compiler, before the process is confined. */
function isCatalogError(error: unknown): error is Error & { readonly findings: readonly Finding[] } {
  return error instanceof Error && error.name === 'CatalogError' && 'findings' in error;
}

function problemOf(finding: Finding): ConfigProblem {
  const { file, line, message } = finding;
  return { variable: variableOf(finding), reason: `${file}:${line}: ${message.replaceAll(/\s+/g, ' ')}` };
}

function variableOf({ file }: Finding): string {
  return DIRECTORIES.find(([pattern]) => pattern.test(file))![1];
}
