/** The contracts' schemas as components of the document. */
import type { Catalog } from '../../catalog/catalog.ts';
import { componentName, type Form, fileOf } from '../../operation/contract-schema.ts';
import type { Json } from '../../operation/json.ts';

/** The prefix of references to components. */
export const SCHEMAS = '#/components/schemas/';

/**
 * Every schema that the document refers to: the ones of bodies, answers and changing entities. The
 * parameters of a GET are described in place, by `inlined`, and a publication by its entities
 * (`documents/openapi/publication.ts`).
 */
export function schemaComponents(catalog: Catalog): Record<string, Json> {
  const { components, add } = collect(catalog);
  for (const service of catalog.services.values()) {
    if (service.method === 'POST' && service.kind !== 'publish') add(fileOf(service.requestSchema), 'strict');
    add(fileOf(service.responseSchema), service.kind === 'publish' ? 'strict' : 'granted');
  }
  for (const stream of catalog.streams.values()) {
    for (const { schema } of stream.entities.values()) {
      add(fileOf(schema), 'strict');
      add(fileOf(schema), 'granted');
    }
  }
  return components;
}

/** The states of changing entities, as an agreement may leave them, and their references. */
export function stateComponents(catalog: Catalog): Record<string, Json> {
  const { components, add } = collect(catalog);
  for (const stream of catalog.streams.values()) {
    for (const { schema } of stream.entities.values()) add(fileOf(schema), 'granted');
  }
  return components;
}

function collect(catalog: Catalog) {
  const components: Record<string, Json> = {};
  const add = (file: string, form: Form): void => {
    const name = componentName(file, form);
    if (name in components) return;
    components[name] = {};
    const schema = rewrite(catalog.schemas.get(file), { file, form, visit: (other) => add(other, form) });
    components[name] = schema as Json;
  };
  return { components, add };
}

/** Part of a schema of the catalogue, for use outside of it. */
export function inlined(part: unknown, schema: object): unknown {
  return rewrite(part, { file: fileOf(schema), form: 'strict', visit: () => {} });
}

const documentKeywords = new Set([
  '$id',
  '$schema',
  'x-personal-id-agrees',
  'x-shares-agree',
  'x-not-future',
  'x-dates-in-order',
  'x-version',
  'x-polygon',
]);
/** Keywords that require a value to be present. */
const demands = new Set([
  'required',
  'minProperties',
  'dependentRequired',
  'oneOf',
  'anyOf',
  'if',
  'then',
  'else',
  'not',
]);

interface Rewriting {
  readonly file: string;
  readonly form: Form;
  /** Called with every referenced file. */
  readonly visit: (file: string) => void;
}

/** A copy of a schema whose references lead to components. */
function rewrite(schema: unknown, how: Rewriting): unknown {
  if (Array.isArray(schema)) return schema.map((item) => rewrite(item, how));
  if (!(schema instanceof Object)) return schema;
  const entries = Object.entries(schema)
    .filter(
      ([keyword, value]) =>
        !documentKeywords.has(keyword) &&
        !(how.form === 'granted' && demands.has(keyword) && isDemand(keyword, value)),
    )
    .map(([keyword, value]) => [keyword, rewriteKeyword(keyword, value, how)]);
  return Object.fromEntries(entries);
}

function rewriteKeyword(keyword: string, value: unknown, how: Rewriting): unknown {
  if (keyword === 'properties' || keyword === '$defs') {
    // Their members are names, not keywords.
    return Object.fromEntries(
      Object.entries(value as Json).map(([name, child]) => [name, rewrite(child, how)]),
    );
  }
  if (keyword !== '$ref') return rewrite(value, how);
  const [target, pointer = ''] = (value as string).split('#') as [string, string?];
  const file = target || how.file;
  how.visit(file);
  return `${SCHEMAS}${componentName(file, how.form)}${pointer}`;
}

/** A `oneOf` of types defines the value and is kept; a `oneOf` of required properties is removed. */
function isDemand(keyword: string, value: unknown): boolean {
  if (keyword !== 'oneOf' && keyword !== 'anyOf') return true;
  return (value as Json[]).every(
    (branch) => 'required' in branch || 'not' in branch || 'properties' in branch,
  );
}
