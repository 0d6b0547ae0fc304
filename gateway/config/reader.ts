/**
 * Reads the variables of one environment, and collects all problems instead of stopping at the first.
 *
 * A reader always returns a value, so that reading continues. The configuration is valid only if no problem was found at the end.
 */
import { readFileSync } from 'node:fs';
import type { NameOf, Reader, Report, Variable } from '../../adapters/config/variables.ts';
import type { ConfigProblem } from '../runtime/config-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Reading {
  /** Reads the variables of one owner. Each is parsed once, when it is first asked for. */
  of<const Rows extends readonly Variable[]>(rows: Rows): Reader<Rows>;
  /** Problems so far, each once. */
  problems(): ConfigProblem[];
  warnings(): ConfigProblem[];
}

/** Ignores the problems of an empty text, which is parsed only to obtain a value. */
const ignored: Report = { fail: () => undefined, warn() {} };

export function readingOf(environment: Environment): Reading {
  const failures = new Map<string, ConfigProblem>();
  const doubts = new Map<string, ConfigProblem>();
  const parsed = new Map<Variable, unknown>();
  const note = (into: typeof failures, variable: string, reason: string) => {
    into.set(`${variable}\0${reason}`, { variable, reason });
  };
  const reportOn = (variable: string): Report => ({
    fail: (reason) => note(failures, variable, reason) as undefined,
    warn: (reason) => note(doubts, variable, reason),
  });
  const isSet = ({ name, secret }: Variable) =>
    Boolean(environment[name] || (secret && environment[`${name}_FILE`]));

  /** The text of a variable, or of the file that `NAME_FILE` names, or the default. */
  function textOf({ name, secret, default: fallback }: Variable): string | undefined {
    const value = environment[name] || undefined;
    const file = secret && environment[`${name}_FILE`];
    if (!file) return value ?? fallback;
    const { fail } = reportOn(name);
    // One of the two values may be out of date, and the gateway cannot decide which.
    if (value !== undefined) return fail(`is given twice: by itself and by ${name}_FILE`);
    try {
      const content = readFileSync(file, 'utf8').trim();
      return content === '' ? fail(`the file that ${name}_FILE names is empty`) : content;
    } catch (error) {
      return fail(`${name}_FILE cannot be read (${codeOf(error)})`);
    }
  }

  function parse(row: Variable): unknown {
    const text = textOf(row);
    if (text !== undefined) return row.parse(text, reportOn(row.name));
    return row.default === undefined ? undefined : row.parse('', ignored);
  }

  function parsedOf(row: Variable): unknown {
    if (!parsed.has(row)) parsed.set(row, parse(row));
    return parsed.get(row);
  }

  return {
    of<const Rows extends readonly Variable[]>(rows: Rows) {
      const byName = new Map(rows.map((row) => [row.name, row]));
      const rowOf = (name: NameOf<Rows>) => byName.get(name)!;
      const reader: Reader<readonly Variable[]> = {
        value: (name) => parsedOf(rowOf(name)) as never,
        required(name, reason = 'is required') {
          const row = rowOf(name);
          if (!isSet(row)) reader.fail(name, reason);
          return ((isSet(row) ? parsedOf(row) : undefined) ?? row.parse('', ignored)) as never;
        },
        isSet: (name) => isSet(rowOf(name)),
        fail: (name, reason) => reportOn(name).fail(reason),
        warn: (name, reason) => reportOn(name).warn(reason),
      };
      return reader as Reader<Rows>;
    },
    problems: () => [...failures.values()],
    warnings: () => [...doubts.values()],
  };
}

/** The code of an error of the file system: `ENOENT`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
}
