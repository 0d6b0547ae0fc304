/**
 * Annotations about persons and rows must have an effect. A person's number that the evidence would miss, or a row scope that
 * would never be applied, is an error of the schema.
 */
import {
  childrenOf,
  type FieldNode,
  resolve,
  type SchemaObject,
  type Subschema,
  schemaAt,
} from '../fields/fields.ts';
import { subschemas } from '../vocabulary/subschemas.ts';
import { formats, personalFormats } from '../vocabulary/vocabulary.ts';

/** An error of a schema document, with its place. */
export interface Fault {
  readonly document: string;
  readonly pointer: string;
  readonly message: string;
}

type Use = 'request' | 'response' | 'entity';

/**
 * @param name the document of `root`
 * @returns every annotation without an effect, and every person's number that is not in the tree
 */
export function faultsOf(
  root: FieldNode,
  name: string,
  use: Use,
  schemas: ReadonlyMap<string, object>,
): Fault[] {
  return [...faultsOfTree(root), ...faultsOfDimensions(root), ...unreached(root, name, use, schemas)];
}

function* faultsOfTree(node: FieldNode): Generator<Fault> {
  const subschemas = node.subschemas ?? [];
  const personal = subschemas.filter(({ schema }) => personalFormats.has(schema.format ?? ''));
  const marked = subschemas.filter(({ schema }) => schema['x-subject'] !== undefined);
  for (const subschema of personal) {
    const { format } = subschema.schema;
    if (format !== 'identity-card' && marked.length === 0)
      yield fault(
        subschema,
        `a field of format ${format} identifies a person: x-subject: person must stand beside it`,
      );
    if (!typesOf(subschemas).includes('string'))
      yield fault(subschema, `format ${format} is one of texts: type must be string, or nothing is checked`);
  }
  for (const subschema of marked) {
    const other = subschemas.find(
      ({ schema: { format = '' } }) => format in formats || knownElsewhere.has(format),
    );
    if (!node.leaf)
      yield fault(
        subschema,
        'x-subject has an effect on a single value only: it must stand at the number itself',
      );
    else if (personal.length === 0 && other)
      yield fault(
        subschema,
        `x-subject: person disagrees with format ${other.schema.format}, which identifies nobody`,
      );
    else if (!typesOf(subschemas).includes('string'))
      yield fault(subschema, 'x-subject has an effect on texts only: type must be string');
  }
  yield* faultsOfEffect(node, subschemas);
  for (const child of childrenOf(node)) yield* faultsOfTree(child);
}

/** A property of a record itself, or of each record of a list. */
const OF_RECORD = /^(\/\*)?\/[^/]+$/;

function* faultsOfEffect(node: FieldNode, subschemas: readonly Subschema[]): Generator<Fault> {
  for (const subschema of subschemas) {
    const shares = subschema.schema['x-shares-agree'];
    if (shares !== undefined && !node.item?.properties.has(shares))
      yield fault(subschema, `x-shares-agree names ${shares}, which the items have not`);
    const days = subschema.schema['x-dates-in-order'] ?? [];
    for (const name of days.filter((one) => !node.properties.has(one)))
      yield fault(subschema, `x-dates-in-order names ${name}, which is no property here`);
    if (subschema.schema['x-version'] && !(node.leaf && OF_RECORD.test(node.path)))
      yield fault(subschema, 'x-version has an effect at a property of the record itself only');
  }
  for (const { nameOf, subschemas: named = [] } of node.properties.values()) {
    const subschema = named.find(({ schema }) => schema['x-name-of'] !== undefined);
    if (subschema && !isCodeOfPlace(node.properties.get(nameOf!)))
      yield fault(
        subschema,
        `x-name-of names ${nameOf}, which is no code of a province or a commune beside it`,
      );
  }
}

function isCodeOfPlace(node: FieldNode | undefined): boolean {
  const formats = node?.subschemas?.map(({ schema }) => schema.format) ?? [];
  return formats.some((format) => format === 'commune-code' || format?.endsWith('province-code'));
}

/** Formats of the standard, which are no persons' numbers. */
const knownElsewhere = new Set(['date', 'date-time', 'json-pointer']);

function typesOf(subschemas: readonly Subschema[]): string[] {
  return subschemas.flatMap(({ schema: { type = [] } }) => type);
}

/** A record has at most one value of a dimension: a list inside it has many, and two fields may differ. */
function* faultsOfDimensions(root: FieldNode): Generator<Fault> {
  const known = new Map<string, string>();
  const finer: { subschema: Subschema; dimension: string }[] = [];
  const pathOf = ({ path }: FieldNode) => (root.item ? path.slice('/*'.length) : path);
  function* visit(node: FieldNode, inList: boolean): Generator<Fault> {
    const subschema = node.subschemas?.find(({ schema }) => schema['x-scope'] !== undefined);
    if (subschema && node.scope !== undefined) {
      const other = known.get(node.scope);
      known.set(node.scope, pathOf(node));
      if (inList) {
        const message = `x-scope under the items of a list (${pathOf(node)}) decides nothing: a record needs one value of ${node.scope}`;
        yield fault(subschema, message);
      } else if (!node.leaf || !canBeText(node.subschemas ?? [])) {
        yield fault(
          subschema,
          'x-scope has an effect on a single text only: it must stand at the code itself',
        );
      } else if (other !== undefined) {
        yield fault(
          subschema,
          `x-scope ${node.scope} stands at ${other} and at ${pathOf(node)}: one field decides`,
        );
      }
    }
    const within = node.subschemas?.find(({ schema }) => schema['x-within'] !== undefined);
    if (within && node.within !== undefined) {
      if (inList || !node.leaf || !canBeText(node.subschemas ?? []))
        yield fault(within, 'x-within has an effect on a single text only: it must stand at the code itself');
      finer.push({ subschema: within, dimension: node.within });
    }
    for (const child of node.properties.values()) yield* visit(child, inList);
    if (node.item) yield* visit(node.item, inList || node !== root);
  }
  yield* visit(root, false);
  for (const { subschema, dimension } of finer) {
    if (!known.has(dimension))
      yield fault(subschema, `x-within names ${dimension}, which no field of the record has as its x-scope`);
  }
}

function canBeText(subschemas: readonly Subschema[]): boolean {
  const types = typesOf(subschemas);
  return types.length === 0 || types.includes('string');
}

/** Schemas under these keywords describe fields without a fixed name, which can be neither granted nor found. */
function* unreached(
  root: FieldNode,
  name: string,
  use: Use,
  schemas: ReadonlyMap<string, object>,
): Generator<Fault> {
  const reached = new Set<string>();
  const collect = (node: FieldNode): void => {
    for (const { file, pointer } of node.subschemas ?? []) reached.add(`${file}#${pointer}`);
    childrenOf(node).forEach(collect);
  };
  collect(root);

  const seen = new Set<string>();
  function* visit(file: string, pointer: string, way: string): Generator<Fault> {
    const id = `${file}#${pointer}`;
    if (seen.has(id)) return;
    seen.add(id);
    const schema = schemaAt(schemas, file, pointer);
    if (!(schema instanceof Object)) return;
    if (!reached.has(id)) {
      const what = effectOf(schema);
      if (what) yield { document: file, pointer, message: `${what} ${way}: ${REMEDY}` };
    }
    const criterion = use === 'request' && schema['x-criterion'] !== undefined;
    if (criterion && (file !== name || !/^\/properties\/[^/]+$/.test(pointer))) {
      const message = 'x-criterion has an effect at the properties of the request itself only';
      yield { document: file, pointer, message };
    }
    const hidden = schema['x-leaf'] ? 'below x-leaf' : undefined;
    for (const inner of subschemas(schema)) {
      if (unread.has(inner.keyword)) continue;
      const inside = untraceable.has(inner.keyword) ? `under ${inner.keyword}` : undefined;
      yield* visit(file, pointer + inner.pointer, hidden ?? inside ?? way);
    }
    if (schema.$ref !== undefined) yield* visit(...resolve(file, schema.$ref), way);
  }
  yield* visit(name, '', 'in a condition alone');
}

const REMEDY = 'it must stand at a field that is declared under properties or items';

/** Definitions are read where a reference leads to them; `not` describes values that are refused. */
const unread = new Set(['$defs', 'definitions', 'not']);
const untraceable = new Set([
  ...['patternProperties', 'additionalProperties', 'unevaluatedProperties', 'propertyNames'],
  ...['prefixItems', 'contains', 'unevaluatedItems', 'contentSchema'],
]);

function effectOf(schema: SchemaObject): string | undefined {
  if (personalFormats.has(schema.format ?? '') || schema['x-subject'] !== undefined)
    return "a person's number cannot be followed into the evidence";
  return schema['x-scope'] === undefined ? undefined : 'x-scope has no effect';
}

function fault({ file, pointer }: Subschema, message: string): Fault {
  return { document: file, pointer, message };
}
