/**
 * Variables of the environment, as their owners declare them: a row for each, with the parser that reads it. The gateway reads
 * the environment (`gateway/config/`); an owner reads its own rows and nothing else.
 */

/** Collects the problems of one variable. A reason is one line in fixed words, and MUST NOT hold a piece of a secret. */
export interface Report {
  /** The gateway does not start. */
  fail(reason: string): undefined;
  /** The value is accepted, and is probably a mistake. */
  warn(reason: string): void;
}

/**
 * Reads the text of one variable. All problems are reported together, so a parser MUST return a value to go on with, also after
 * `fail`, and of an empty text.
 */
export type Parse<Value> = (text: string, report: Report) => Value;

/** A row. The value of one with `secret` may stand in a file that `NAME_FILE` names instead. */
export interface Variable<Value = unknown> {
  readonly name: string;
  /** `undefined`: none. */
  readonly default: string | undefined;
  readonly about: string;
  readonly secret?: true;
  /** The value is a directory that the gateway may write (`gateway/runtime/permissions.ts`). */
  readonly writes?: true;
  readonly parse: Parse<Value>;
}

/** A part of the program that has variables. */
export interface Owner<Rows extends readonly Variable[] = readonly Variable[]> {
  /** Above its table in docs/operators/configuration.md. */
  readonly title: string;
  readonly variables: Rows;
}

/** The names in a table of variables. */
export type NameOf<Rows extends readonly Variable[]> = Rows[number]['name'];

type RowOf<Rows extends readonly Variable[], Name> = Extract<Rows[number], { readonly name: Name }>;

type ParsedOf<Row extends Variable> = ReturnType<Row['parse']>;

/** The parsed value of the row named `Name`, or `undefined` when it has no default. */
export type ValueOf<Rows extends readonly Variable[], Name extends NameOf<Rows>> =
  | ParsedOf<RowOf<Rows, Name>>
  | (RowOf<Rows, Name>['default'] extends string ? never : undefined);

/** Reads the variables of one owner. Rules over several variables are the owner's, and report by `fail` and `warn`. */
export interface Reader<Rows extends readonly Variable[]> {
  /** The parsed variable, or its parsed default. An empty variable counts as not set. */
  value<Name extends NameOf<Rows>>(name: Name): ValueOf<Rows, Name>;
  /** The same for a variable that must be set; if it is not, the problem is reported and an empty text is parsed. */
  required<Name extends NameOf<Rows>>(name: Name, reason?: string): ParsedOf<RowOf<Rows, Name>>;
  /** Was it given, by itself or as a file? */
  isSet(name: NameOf<Rows>): boolean;
  fail(name: NameOf<Rows>, reason: string): undefined;
  warn(name: NameOf<Rows>, reason: string): void;
}
