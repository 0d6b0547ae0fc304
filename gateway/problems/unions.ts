/**
 * `anyOf`, `oneOf` and `contains` that say which of the errors before theirs are those of their branches. ajv lists the
 * errors of every branch and then one of the union, and nothing tells an error of a branch behind a `$ref` from one that
 * has nothing to do with it. Whoever sent the request is to read one sentence (`violations.ts`).
 */
import { _, type Ajv, type Code, type CodeKeywordDefinition, Name, stringify } from 'ajv';
import type { KeywordErrorCxt } from 'ajv/dist/types/index.js';

/** What an error of a union says beside ajv's own parameters. */
export interface UnionParams {
  /** How many errors there were after each of its branches, counted from before the first. */
  readonly branchEnds: readonly number[];
  /** Of `oneOf`: the names of properties that tell its branches apart, of each branch; empty when names do not. */
  readonly ways: readonly (readonly string[])[];
}

/** ajv's own count of the errors so far. */
const ERRORS = new Name('errors');

interface Counting {
  readonly ends?: readonly Name[];
}

/** Replaces ajv's own three keywords by themselves, with those parameters. */
export function addUnions(ajv: Ajv): void {
  for (const [keyword, before] of [
    ['anyOf', 'allOf'],
    ['oneOf', 'allOf'],
    ['contains', 'uniqueItems'],
  ] as const) {
    const own = ajv.getKeyword(keyword) as CodeKeywordDefinition;
    ajv.removeKeyword(keyword).addKeyword({ ...counting(own), keyword, before });
  }
}

function counting(own: CodeKeywordDefinition): CodeKeywordDefinition {
  const { code, error } = own;
  return {
    ...own,
    code(context, ruleType) {
      const { gen, schema } = context;
      const ends = (Array.isArray(schema) ? schema : [schema]).map(() => gen.let('end', ERRORS));
      const noting: typeof context & Counting = Object.create(context, {
        ends: { value: ends },
        subschema: {
          value(...[application, valid]: Parameters<typeof context.subschema>) {
            const branch = context.subschema(application, valid);
            gen.assign(ends[Number(application.schemaProp ?? 0)]!, ERRORS);
            return branch;
          },
        },
      });
      code(noting, ruleType);
    },
    error: {
      message: error!.message,
      params: (context) =>
        _`Object.assign(${paramsOf(error!.params, context)}, {branchEnds: ${endsOf(context)}, ways: ${stringify(waysOf(context))}})`,
    },
  };
}

function paramsOf(
  params: Code | ((context: KeywordErrorCxt) => Code) | undefined,
  context: KeywordErrorCxt,
): Code {
  return typeof params === 'function' ? params(context) : (params ?? _`{}`);
}

function endsOf({ ends = [], errsCount, keyword, it }: KeywordErrorCxt & Counting): Code {
  // One that stops at the first error has forgotten those of the items when it reports that of the array.
  const kept = keyword !== 'contains' || it.allErrors || it.compositeRule;
  if (!kept || errsCount === undefined) return _`[]`;
  return _`[${ends.map((end) => _`${end} - ${errsCount}`).reduce((list, count) => _`${list}, ${count}`)}]`;
}

/**
 * What each branch requires beyond what all of them require. Names tell branches apart when each branch, beside any other,
 * requires a name that the other does not.
 */
function waysOf({ keyword, schema }: KeywordErrorCxt): readonly (readonly string[])[] {
  if (keyword !== 'oneOf') return [];
  const required = (schema as readonly { readonly required?: readonly string[] }[]).map(
    (branch) => branch.required ?? [],
  );
  const areApart = required.every((names, i) =>
    required.every((others, j) => i === j || names.some((name) => !others.includes(name))),
  );
  if (!areApart) return [];
  return required.map((names) => names.filter((name) => !required.every((all) => all.includes(name))));
}
