/**
 * `anyOf`, `oneOf` and `contains` that say which of the errors before theirs are those of their branches. ajv lists the
 * errors of every branch and then one of the union, and nothing tells an error of a branch behind a `$ref` from one that
 * has nothing to do with it. Whoever sent the request is to read one sentence (`violations.ts`).
 */
import { _, type Ajv, type Code, type CodeKeywordDefinition, Name } from 'ajv';
import type { KeywordErrorCxt } from 'ajv/dist/types/index.js';

/** Of an error of a union: how many errors there were after each of its branches, counted from before the first. */
export interface UnionParams {
  readonly branchEnds: readonly number[];
}

/** ajv's own count of the errors so far. */
const ERRORS = new Name('errors');

interface Counting {
  readonly ends?: readonly Name[];
}

/** Replaces ajv's own three keywords by themselves, with that parameter. */
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
        _`Object.assign(${paramsOf(error!.params, context)}, {branchEnds: ${endsOf(context)}})`,
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
