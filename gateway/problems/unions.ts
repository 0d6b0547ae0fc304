/**
 * Versions of `anyOf`, `oneOf` and `contains` whose errors state which of the preceding errors belong to their branches. ajv
 * lists the errors of all branches, then one of the union, and does not mark an error of a branch behind a `$ref`. The caller
 * should get one sentence for all of them (`violations.ts`).
 */
import { _, type Ajv, type Code, type CodeKeywordDefinition, Name, stringify } from 'ajv';
import type { KeywordErrorCxt } from 'ajv/dist/types/index.js';

/** Parameters of a union's error, beside ajv's own. */
export interface UnionParams {
  /** The number of errors after each branch, counted from before the first. */
  readonly branchEnds: readonly number[];
  /** For `oneOf`: the property names that distinguish each branch; empty when names do not distinguish them. */
  readonly ways: readonly (readonly string[])[];
}

/** ajv's own counter of errors. */
const ERRORS = new Name('errors');

interface Counting {
  readonly ends?: readonly Name[];
}

/** Replaces ajv's three keywords by versions with those parameters. */
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
  // A validator that stops at the first error has dropped the errors of the items when it reports the array's.
  const kept = keyword !== 'contains' || it.allErrors || it.compositeRule;
  if (!kept || errsCount === undefined) return _`[]`;
  return _`[${ends.map((end) => _`${end} - ${errsCount}`).reduce((list, count) => _`${list}, ${count}`)}]`;
}

/**
 * The properties that each branch requires beyond those that all branches require. Names distinguish branches when, of any two,
 * each requires a name that the other does not.
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
