/** The gateway's own documents: OpenAPI, Swagger UI, schemas. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startNode } from '../support/process.ts';
import { readSamples } from './support/samples.ts';
import { startSandbox, temporaryDirectory } from './support/sandbox.ts';
import { until } from './support/until.ts';

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
    t.strictSame(operation?.security, [{ oauth2: [service] }]);
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

t.test('the examples of the document are taken by the gateway', async (t) => {
  const { enterprises } = await readSamples(t);
  const { parameters } = openapi.paths['/v1/business/enterprises/{enterpriseCode}'].get;
  const named = parameters.find(({ name }: { name?: string }) => name === 'enterpriseCode');
  for (const code of [named.example, enterprises.present[0]]) {
    const answer = await sandbox.call({
      as: 'G12.thue',
      purpose: 'quan-ly-thue',
      path: `/v1/business/enterprises/${code}`,
    });
    t.ok([200, 404].includes(answer.status), `${code}: ${answer.status}`);
  }
  const { examples } =
    openapi.paths['/v1/population/persons/lookup'].post.requestBody.content['application/json'];
  for (const { value } of Object.values(examples) as { value: unknown }[]) {
    const answer = await sandbox.call({
      as: 'G12.thue',
      purpose: 'quan-ly-thue',
      path: '/v1/population/persons/lookup',
      body: value,
    });
    t.ok([200, 403, 404].includes(answer.status), `${JSON.stringify(value)}: ${answer.status}`);
  }
});

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
  t.strictSame(JSON.parse(await (await read('/docs/json')).response.text()), openapi, 'the same document');
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
