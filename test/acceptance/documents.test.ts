/** The gateway's own documents: OpenAPI, Swagger UI, schemas. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startNode } from '../support/process.ts';
import { startSandbox, temporaryDirectory } from './support/sandbox.ts';
import { until } from './support/until.ts';

t.setTimeout(300_000);

const sandbox = await startSandbox(t, { trickle: 1 });
const read = async (path: string) => {
  const response = await fetch(sandbox.url + path);
  return { status: response.status, type: response.headers.get('content-type') ?? '', response };
};
const openapi = JSON.parse(await (await read('/openapi.json')).response.text());

t.test('/openapi.json is valid OpenAPI 3.1, without a warning', async (t) => {
  t.match(openapi.openapi, /^3\.1\./);
  const file = join(await temporaryDirectory(t), 'openapi.json');
  await writeFile(file, JSON.stringify(openapi));
  const redocly = fileURLToPath(import.meta.resolve('@redocly/cli/bin/cli.js'));
  const config = join(import.meta.dirname, 'support', 'redocly.yaml');
  const lint = startNode(t, [redocly, 'lint', '--format', 'stylish', '--config', config, file], {
    env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  const { code } = await lint.ended;
  const { output } = lint;
  t.equal(code, 0, output);
  t.notMatch(output, /\bwarning/i, 'no warning');
});

t.test('/openapi.json speaks of this gateway', async (t) => {
  t.strictSame(openapi.servers, [{ url: sandbox.url }]);
  const operations = Object.values(openapi.paths).flatMap((methods) => Object.values(methods as object));
  for (const service of [
    'population.person.lookup',
    'population.person.verify',
    'business.enterprise.lookup',
    'business.enterprise.search',
    'land.parcel.lookup',
    'land.parcel.find-by-owner',
    'land.parcel.boundary',
    'population.changes.publish',
    'business.changes.publish',
    'land.changes.publish',
    'population.residence.register',
    'land.parcel.register-transfer',
  ]) {
    const operation = operations.find(({ operationId }) => operationId === `${service}.v1`);
    t.ok(operation, service);
    t.strictSame(operation?.security, [{ oauth2: [service] }, { bearer: [] }]);
  }
  for (const path of Object.keys(openapi.paths))
    t.notMatch(path, /\{(personalId|fullName)\}/, 'no identifier of a person in a URL');
});

t.test('/openapi.json holds for what needs no token', async (t) => {
  for (const path of [
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-protected-resource',
    '/oauth2/jwks',
  ])
    t.equal((await sandbox.call({ as: undefined, path })).status, 200, path);
});

t.test(
  'the examples of the document find something in the sandbox, with the fields that it fills in',
  async (t) => {
    const systems = { 'dich-vu-cong': 'H26.motcua', 'quan-ly-thue': 'G12.thue' } as Record<string, string>;
    let count = 0;
    for (const [path, methods] of Object.entries(openapi.paths) as [string, Record<string, Described>][]) {
      for (const [method, { operationId, parameters = [], requestBody }] of Object.entries(methods)) {
        const filled = new Map(parameters.map(({ name, example }) => [name, example]));
        const purpose = filled.get('X-Purpose');
        // A write is done once, and is tried where writes are.
        if (purpose === undefined || filled.has('Idempotency-Key') || /register/.test(operationId)) continue;
        const query = new URLSearchParams();
        for (const { name, in: place, example } of parameters)
          if (place === 'query' && example !== undefined) query.set(name, example);
        const example = requestBody?.content['application/json'].examples.example1?.value;
        const answer = await sandbox.call({
          as: systems[purpose],
          method: method.toUpperCase() as 'GET',
          path: `${path.replaceAll(/\{(\w+)\}/g, (_, name) => filled.get(name)!)}${query.size > 0 ? `?${query}` : ''}`,
          body: example,
          purpose,
          caseId: filled.get('X-Case-Id'),
          officer: filled.get('X-Officer-Id'),
        });
        count++;
        t.equal(answer.status, 200, operationId);
        const { data } = answer.body;
        t.ok(
          Array.isArray(data) ? data.length > 0 : Object.keys(data).length > 0,
          `${operationId}: something`,
        );
        if ('match' in data) t.equal(data.match, true);
      }
    }
    t.equal(count, 7, 'every service that reads');
  },
);

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: string }[];
  readonly requestBody?: {
    readonly content: {
      readonly 'application/json': { readonly examples: Record<string, { readonly value: unknown }> };
    };
  };
}

t.test('/docs is Swagger UI', async (t) => {
  const page = await read('/docs/');
  t.equal(page.status, 200);
  t.match(page.type, 'text/html');
  const html = await page.response.text();
  t.match(html, '<div id="swagger-ui">');
  const policy = page.response.headers.get('content-security-policy') ?? '';
  t.notMatch(policy, 'upgrade-insecure-requests', 'a sandbox is reached over http, from other machines too');
  t.notMatch(policy, /https?:/, 'nothing comes from elsewhere');
  const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map(([, source]) => source!);
  const styles = [...html.matchAll(/<link rel="stylesheet"[^>]* href="([^"]+)"/g)].map(
    ([, source]) => source!,
  );
  t.ok(scripts.some((source) => source.includes('swagger-ui-bundle')));
  for (const source of [...scripts, ...styles]) {
    const { status, type } = await read(new URL(source, `${sandbox.url}/docs/`).pathname);
    t.equal(status, 200, source);
    t.match(type, scripts.includes(source) ? 'javascript' : 'css');
  }
  const shown = JSON.parse(await (await read('/docs/json')).response.text());
  t.strictSame(
    { ...shown, servers: openapi.servers },
    openapi,
    'the same document, where the page came from',
  );
  t.strictSame(shown.servers, [{ url: '..', description: 'This gateway' }]);
  const folder = await fetch(`${sandbox.url}/docs`, { redirect: 'manual' });
  t.equal(folder.status, 302);
  t.equal(folder.headers.get('location'), 'docs/', 'behind any prefix');
});

t.test('every $ref of /schemas/person.schema.json leads to a schema that is served', async (t) => {
  const seen = await crawl('person.schema.json');
  t.ok(seen.has('address.schema.json'));
  t.ok(seen.has('relative.schema.json'));
});

t.test('the schema that events name is served', async (t) => {
  const event = await until('a change arrived in the feed', async () => {
    const { body } = await sandbox.call({ as: 'G12.thue', path: '/v1/changes/business?limit=1' });
    return body.data[0];
  });
  const { dataschema, data } = event as { dataschema: string; data: object };
  t.ok(dataschema.startsWith(`${sandbox.url}/schemas/`), dataschema);
  const seen = await crawl(dataschema.slice(`${sandbox.url}/schemas/`.length));
  const schema = [...seen.values()][0] as { properties: object };
  for (const member of Object.keys(data)) t.ok(member in schema.properties, member);
});

t.test('a schema that is not there', async (t) => {
  const { status, type } = await read('/schemas/nothing.schema.json');
  t.equal(status, 404);
  t.match(type, 'application/problem+json');
  t.equal((await read('/schemas/..%2f..%2fpackage.json')).status, 404);
});

/** Reads a schema and all that it refers to, each with its pointer. Throws when one is missing. */
async function crawl(first: string): Promise<Map<string, unknown>> {
  const documents = new Map<string, unknown>();
  const waiting = [first];
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (documents.has(name)) continue;
    const { status, type, response } = await read(`/schemas/${name}`);
    if (status !== 200 || !type.startsWith('application/schema+json'))
      throw new Error(`/schemas/${name} answers ${status} ${type}`);
    const document = await response.json();
    documents.set(name, document);
    for (const reference of referencesIn(document)) {
      const [file, pointer = ''] = reference.split('#');
      waiting.push(file || name);
      if (pointer !== '' && !file && resolvePointer(document, pointer) === undefined)
        throw new Error(`${name}: ${reference} leads nowhere`);
    }
  }
  return documents;
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!(value instanceof Object)) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : referencesIn(child),
  );
}

function resolvePointer(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce(
      (value, token) => (value as Record<string, unknown> | undefined)?.[token.replaceAll('~1', '/')],
      document,
    );
}
