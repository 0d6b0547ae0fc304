/** `/openapi.json` for generators of clients: every object has a name, and the schemas allow what the contracts allow. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { addFormats } from '../../../../gateway/catalog/vocabulary/vocabulary.ts';
import { circumstances } from '../../../../gateway/circumstances/circumstances.ts';
import { readCircumstance } from '../../../../gateway/circumstances/read-circumstances.ts';
import { packageDirectories } from '../../../support/contracts.ts';
import { openApiOf } from '../../../support/documents.ts';

const catalog = await loadCatalog(packageDirectories);
const document = await openApiOf(catalog);
const { paths, components } = document as unknown as {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: { schemas: Readonly<Record<string, Schema>> };
};

type Schema = Readonly<Record<string, unknown>>;
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
}

const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: true });
addFormats(ajv);
ajv.addSchema(document, 'document');
const validatorOf = (name: string) => ajv.getSchema(`document#/components/schemas/${name}`)!;

t.test('every object of the document is a component', async (t) => {
  const places = schemasIn(paths, '').concat(
    Object.entries(components.schemas).flatMap(([name, schema]) => partsOf(schema, name)),
  );
  t.ok(places.length > 500);
  const inline = places.filter(({ schema }) => 'properties' in schema);
  t.same(
    inline.map(({ place }) => place),
    [],
  );
});

t.test("no two of the package's own schemas want one name", (t) => {
  t.same(
    Object.keys(components.schemas).filter((name) => /[^V0-9][0-9]+$/.test(name)),
    [],
  );
  t.end();
});

t.test('no schema is a boolean, has a title, or values without a type', async (t) => {
  const text = JSON.stringify({ paths, components });
  t.notMatch(text, /"(not|if|then|else)":(true|false)/);
  for (const [name, schema] of Object.entries(components.schemas)) {
    for (const { schema: part, place } of [{ schema, place: name }, ...partsOf(schema, name)]) {
      if (place.endsWith('/$ref')) continue;
      t.notOk('title' in part, `${place} has a title`);
      if ('enum' in part || 'const' in part) t.ok('type' in part, `${place} has a type`);
      for (const child of Object.values((part.properties ?? {}) as object))
        t.type(child, 'object', `${place}: no boolean`);
    }
  }
});

t.test('webhooks have a tag of their own, which no path has', async (t) => {
  const tags = (items: unknown) =>
    Object.values(items as Record<string, Record<string, Operation>>).flatMap((methods) =>
      Object.values(methods).flatMap((operation) => operation.tags),
    );
  t.same([...new Set(tags(document.webhooks))], ['webhooks']);
  t.notOk(tags(paths).includes('webhooks'));
});

t.test('a body is valid by the document when it is valid by its contract', async (t) => {
  let count = 0;
  for (const service of catalog.services.values()) {
    if (service.method !== 'POST' || service.kind === 'publish') continue;
    const operation = paths[service.path]!.post as unknown as {
      requestBody: { content: { 'application/json': { schema: { $ref: string } } } };
    };
    const { $ref } = operation.requestBody.content['application/json'].schema;
    const described = validatorOf($ref.split('/').at(-1)!);
    for (const { request } of service.examples) {
      t.ok(described(request), `${service.name}: its example`);
      for (const body of variants(request)) {
        count++;
        t.equal(described(body), service.validateRequest(body), JSON.stringify(body));
      }
    }
  }
  t.ok(count > 200, `${count} bodies`);
});

t.test('a publication: each entity with its state, or without when it is gone', async (t) => {
  const publications = [...catalog.services.values()].filter(({ kind }) => kind === 'publish');
  t.equal(publications.length, 3);
  for (const service of publications) {
    t.ok(service.examples.length > 0, service.name);
    const described = validatorOf(
      `${service.registry[0]!.toUpperCase()}${service.registry.slice(1)}ChangesPublishV1Request`,
    );
    for (const { request } of service.examples) {
      t.ok(described(request), service.name);
      const { changes } = request as { changes: Record<string, unknown>[] };
      const one = (change: object) => described({ changes: [{ ...changes[0], ...change }] });
      t.notOk(one({ entity: 'none' }), 'an entity that the registry does not have');
      t.notOk(one({ data: undefined }), 'no state');
      t.notOk(one({ data: { ...(changes[0]!.data as object), shoeSize: 42 } }), 'another state');
      t.notOk(one({ operation: 'deleted' }), 'a state of what is gone');
      t.ok(one({ operation: 'deleted', data: null }), 'null for it');
    }
  }
});

interface Part {
  readonly place: string;
  readonly schema: Schema;
}

/** The schemas below one. */
function partsOf(schema: unknown, place: string): Part[] {
  if (Array.isArray(schema)) return schema.flatMap((child, index) => partsOf(child, `${place}/${index}`));
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, child]) => {
    const at = `${place}/${keyword}`;
    if (['enum', 'const', 'required', 'if', 'then', 'else', 'not', 'discriminator'].includes(keyword))
      return [];
    if (keyword === 'properties') {
      return Object.entries(child).flatMap(([name, property]) => [
        { place: `${at}/${name}`, schema: property as Schema },
        ...partsOf(property, `${at}/${name}`),
      ]);
    }
    const isSchema = typeof child === 'object' && child !== null && !Array.isArray(child);
    return [...(isSchema ? [{ place: at, schema: child as Schema }] : []), ...partsOf(child, at)];
  });
}

/** The schemas of bodies and parameters. */
function schemasIn(value: unknown, place: string): Part[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    if (key === 'example' || key === 'examples') return [];
    const at = `${place}/${key}`;
    return key === 'schema' ? [{ place: at, schema: child }, ...partsOf(child, at)] : schemasIn(child, at);
  });
}

/** What differs from `value` in one place: without a member, with another one, with a value of another kind. */
function variants(value: unknown): unknown[] {
  const others = [null, true, 0, -1, 1.5, 'x', '', [], {}];
  if (Array.isArray(value)) {
    return [
      ...others,
      [...value, ...value],
      ...value.flatMap((item, index) => variants(item).map((other) => value.with(index, other))),
    ];
  }
  if (typeof value !== 'object' || value === null) return others;
  const members = Object.entries(value);
  const added = { personalId: '001190000019', enterpriseCode: '0109000015', fullName: 'A', shoeSize: 42 };
  return [
    ...others,
    ...members.map(([name]) => Object.fromEntries(members.filter(([other]) => other !== name))),
    ...Object.entries(added).map(([name, more]) => ({ [name]: more, ...value })),
    ...members.flatMap(([name, child]) => variants(child).map((other) => ({ ...value, [name]: other }))),
  ];
}

t.test('the circumstances that a caller declares have the form that is checked', async (t) => {
  const { parameters } = document.components as { parameters: Readonly<Record<string, { schema: Schema }>> };
  const values = [
    '',
    'a',
    'H26.11-261122-0001',
    'a b',
    'hồ-sơ',
    'a\t',
    '~'.repeat(20),
    '!'.repeat(40),
    'a'.repeat(65),
  ];
  for (const row of circumstances) {
    const { field: name, parameter } = row;
    const { schema } = parameters[parameter]!;
    t.type(schema.pattern, 'string', name);
    const validate = ajv.compile(schema);
    for (const value of values) {
      const isTaken = () => readCircumstance({ [name]: value }, row) === value;
      if (validate(value)) t.ok(isTaken(), `${name}: ${value}`);
      else t.throws(isTaken, { code: 'header_invalid' }, `${name}: ${value}`);
    }
  }
});
