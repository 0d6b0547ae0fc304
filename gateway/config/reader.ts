/**
 * Reads variables of one environment, and collects all that is wrong with them instead of stopping at the first.
 *
 * A reader method always returns something to go on with; whether it may be used is known when everything was read.
 */
import { readFileSync } from 'node:fs';
import type { ConfigProblem } from '../runtime/config-error.ts';

/** A row of the table of variables. One with `secret` may be given as `NAME_FILE` instead. */
export interface Variable {
  readonly name: string;
  /** `undefined`: none. */
  readonly default: string | undefined;
  readonly about: string;
  readonly secret?: true;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The names in a table of variables. */
export type NameOf<Rows extends readonly Variable[]> = Rows[number]['name'];

export interface Reader<Name extends string> {
  /** The value, or what the file has that `NAME_FILE` names, or the default. An empty variable is one that is not set. */
  text(name: Name): string | undefined;
  /** `''` when it is missing. */
  required(name: Name, reason?: string): string;
  /** `min` when it is none. */
  integer(name: Name, min: number, max: number): number;
  boolean(name: Name): boolean;
  /** Items between commas, without blanks. */
  list(name: Name): string[];
  /** Was it given, by itself or as a file? */
  isSet(name: Name): boolean;
  fail(name: Name, reason: string): undefined;
  /** It is taken, and is probably not what was meant. */
  warn(name: Name, reason: string): void;
}

export interface CollectingReader<Name extends string> extends Reader<Name> {
  /** Problems so far, each once. */
  problems(): ConfigProblem[];
  warnings(): ConfigProblem[];
}

export function createReader<const Rows extends readonly Variable[]>(
  environment: Environment,
  rows: Rows,
): CollectingReader<NameOf<Rows>> {
  type Name = NameOf<Rows>;
  const byName = new Map(rows.map((row) => [row.name, row]));
  const failures = new Map<string, ConfigProblem>();
  const doubts = new Map<string, ConfigProblem>();
  const note = (into: typeof failures, variable: string, reason: string) => {
    into.set(`${variable}\0${reason}`, { variable, reason });
  };

  const reader: CollectingReader<Name> = {
    text(name) {
      const { secret, default: fallback } = byName.get(name)!;
      const value = environment[name] || undefined;
      const file = secret && environment[`${name}_FILE`];
      if (!file) return value ?? fallback;
      // One of them is stale, and nobody knows which.
      if (value !== undefined) return reader.fail(name, `is given twice: by itself and by ${name}_FILE`);
      try {
        const content = readFileSync(file, 'utf8').trim();
        return content === '' ? reader.fail(name, `the file that ${name}_FILE names is empty`) : content;
      } catch (error) {
        return reader.fail(name, `${name}_FILE cannot be read (${codeOf(error)})`);
      }
    },
    required(name, reason = 'is required') {
      const failed = failures.size;
      const value = reader.text(name);
      // A file that cannot be read is said already.
      if (!value && failures.size === failed && !reader.isSet(name)) reader.fail(name, reason);
      return value ?? '';
    },
    integer(name, min, max) {
      const text = reader.text(name)?.trim() ?? '';
      const value = Number(text);
      if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
      reader.fail(name, `must be a whole number from ${min} to ${max}`);
      return min;
    },
    boolean(name) {
      const value = reader.text(name);
      if (value !== 'true' && value !== 'false') reader.fail(name, 'must be true or false');
      return value === 'true';
    },
    list: (name) =>
      (reader.text(name) ?? '')
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    isSet: (name) => Boolean(environment[name] || (byName.get(name)!.secret && environment[`${name}_FILE`])),
    fail(name, reason) {
      note(failures, name, reason);
      return undefined;
    },
    warn: (name, reason) => note(doubts, name, reason),
    problems: () => [...failures.values()],
    warnings: () => [...doubts.values()],
  };
  return reader;
}

/** `ENOENT`: of an error of the file system. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
}
