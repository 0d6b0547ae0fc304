/**
 * Every success that `/openapi.json` names is asked for on a real gateway, and the answer is held against its own schema, as
 * the document says. An operation without a call here fails the test.
 */
import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { addFormats } from '../../../../gateway/catalog/vocabulary/vocabulary.ts';
import { createClient, signAssertion } from '../../../../gateway/client/client.ts';
import { ASSERTION_TYPE } from '../../../../gateway/identity/clients/assertion-type.ts';
import type { Answer } from '../../../support/answer.ts';
import { openEventStream } from '../../../support/event-stream.ts';
import { startTestGateway } from '../../../support/gateway.ts';
import { until } from '../../../support/until.ts';
import { startReceiver } from '../../changes/sinks/webhooks/receiver.ts';

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Response>>;
}

/** One answer; a call that has several media types gives one of each. */
type Came = Pick<Answer, 'status' | 'text'> & { readonly type: string | undefined };

/** A success by operation and status, and how it is asked for. */
type Call = readonly [success: string, ask: () => Promise<Came[]>];

/** Registries whose adapters list no records: their copies are refused, until one does. */
const UNLISTED = ['population'];
const TAX = 'G12.thue';
const PROVIDERS = { business: 'G12.dkkd', land: 'G13.datdai', population: 'G01.dancu' };

t.setTimeout(180_000);
const gateway = await startTestGateway(t, {
  variables: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', WEBHOOK_SECONDS: '2' },
});
const document = JSON.parse((await gateway.send('/openapi.json')).text) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const ajv = new Ajv2020({ strict: false, logger: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(document, 'document');

const cameOf = ({ status, text, headers }: Answer): Came => ({
  ...{ status, text },
  type: headers['content-type']?.split(';')[0],
});

const headersOf = async (system = TAX) => ({
  authorization: `Bearer ${await gateway.token(system)}`,
  ...(system === TAX && { 'x-purpose': 'quan-ly-thue' }),
});

async function send(method: string, path: string, body?: object, system = TAX): Promise<Came[]> {
  const headers = { ...(await headersOf(system)), ...(body && { 'content-type': 'application/json' }) };
  return [cameOf(await gateway.send(path, { method, headers, ...(body && { body: JSON.stringify(body) }) }))];
}

const get = (path: string) => send('GET', path);

/** Services: the example of the contract, as the first system that may use it. */
function callService(key: string, query = ''): () => Promise<Came[]> {
  const { name, registry, kind, path, examples } = gateway.catalog.services.get(key)!;
  const { request } = examples[0] as { readonly request: object };
  if (kind === 'publish') {
    const provider = PROVIDERS[registry as keyof typeof PROVIDERS];
    return () => send('POST', path + query, request, provider);
  }
  const system = [...gateway.catalog.grants].find(([, grants]) => grants.has(key))![0];
  const headers = kind === 'write' ? { 'idempotency-key': randomUUID() } : {};
  return async () => [cameOf(await gateway.call(system, name, request, headers))];
}

const services = [...gateway.catalog.services.values()].flatMap((service): Call[] => {
  const { key, kind, name, version } = service;
  const id = `${name}.v${version}`;
  if (kind !== 'publish') return [[`${id} 200`, callService(key)]];
  return [
    [`${id} 201`, callService(key)],
    [`${id} 207`, callService(key, '?partial=true')],
  ];
});

/**
 * Copies, of one range: checking every row would hold up the gateway, which runs in this process. A digest that is being computed
 * is asked for as at a replica that does not compute it.
 */
const copies = [...gateway.catalog.streams.values()]
  .filter(({ registry }) => !UNLISTED.includes(registry))
  .flatMap(({ registry, entities }) =>
    [...entities.keys()].flatMap((entity): Call[] => {
      const digest = `/v1/${registry}/digest/${entity}`;
      return [
        [
          `${registry}.snapshot.read.${entity}.v1 200`,
          () => get(`/v1/${registry}/snapshot/${entity}?range=A`),
        ],
        [
          `${registry}.digest.read.${entity}.v1 200`,
          async () => {
            // A busy machine may compute it for longer than the route waits.
            let came = await get(`${digest}?range=A`);
            await until(async () => {
              if (came[0]!.status === 202) came = await get(`${digest}?range=A`);
              return came[0]!.status !== 202;
            });
            return came;
          },
        ],
        [
          `${registry}.digest.read.${entity}.v1 202`,
          async () => {
            const [row] = await gateway.query<{ id: string }>(
              `UPDATE digest SET state = 'computing' WHERE registry = '${registry}' RETURNING id`,
            );
            return get(`${digest}?at=${row!.id}`);
          },
        ],
      ];
    }),
  );

const receiver = await startReceiver(t);
let subscription = '';
const ofSubscription = (method: string, path = '') =>
  send(method, `/v1/subscriptions/${subscription}${path}`);

/** The token endpoint's own answers: of a token that is bound to nothing, and of one that is bound to a key. */
async function askForTokens(): Promise<Came[]> {
  const privateJwk = await gateway.privateKey(TAX);
  const came: Came[] = [];
  for (const dpop of [false, true]) {
    const client = createClient({
      ...{ issuer: gateway.publicUrl, clientId: TAX, privateJwk, dpop },
      fetch: async (...request) => {
        const response = await fetch(...request);
        const type = response.headers.get('content-type')?.split(';')[0];
        if (response.ok && response.url.endsWith('/oauth2/token')) {
          came.push({ status: response.status, type, text: await response.clone().text() });
        }
        return response;
      },
    });
    await client.token();
  }
  t.same(
    came.map(({ text }) => JSON.parse(text).token_type),
    ['Bearer', 'DPoP'],
  );
  return came;
}

async function revoke(): Promise<Came[]> {
  const privateJwk = await gateway.privateKey(TAX);
  const assertion = await signAssertion({
    ...{ issuer: gateway.publicUrl, clientId: TAX, privateJwk, at: Date.now() },
  });
  const body = new URLSearchParams({
    ...{ token: 'opens-nothing', client_id: TAX },
    ...{ client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return [cameOf(await gateway.send('/oauth2/revoke', { method: 'POST', headers, body: body.toString() }))];
}

/** A page of the changes that were published above, and the same as a stream of events. */
async function readFeed(): Promise<Came[]> {
  const path = '/v1/changes/business';
  const [page] = (await get(path)) as [Came];
  const stream = await openEventStream(gateway.url + path, await headersOf());
  await until(() => stream.messages.length > 0);
  stream.cut();
  const isEvent = ajv.getSchema('document#/components/schemas/CloudEvent')!;
  t.ok(isEvent(JSON.parse(stream.messages[0]!.data)), { errors: isEvent.errors });
  return [page, { status: stream.status, type: 'text/event-stream', text: stream.text }];
}

const calls = new Map<string, () => Promise<Came[]>>([
  ['oauth2.metadata 200', () => get('/.well-known/oauth-authorization-server')],
  ['oauth2.resource 200', () => get('/.well-known/oauth-protected-resource')],
  ['oauth2.jwks 200', () => get('/oauth2/jwks')],
  ['oauth2.token 200', askForTokens],
  ['oauth2.revoke 200', revoke],
  ['catalog.services.v1 200', () => get('/v1/catalog/services')],
  ['catalog.agencies.v1 200', () => get('/v1/catalog/agencies')],
  ...services,
  ['changes.read.v1 200', readFeed],
  ...copies,
  [
    'subscriptions.create.v1 201',
    async () => {
      const came = await send('POST', '/v1/subscriptions', { url: receiver.url, registry: 'business' });
      subscription = JSON.parse(came[0]!.text).data.id;
      return came;
    },
  ],
  ['subscriptions.list.v1 200', () => get('/v1/subscriptions')],
  ['subscriptions.get.v1 200', () => ofSubscription('GET')],
  ['subscriptions.pause.v1 200', () => ofSubscription('POST', '/pause')],
  ['subscriptions.resume.v1 200', () => ofSubscription('POST', '/resume')],
  ['subscriptions.delete.v1 200', () => ofSubscription('DELETE')],
]);

/** Each success of the document, with where its schemas are. */
const successes = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId, responses }]) =>
      Object.entries(responses)
        .filter(([status]) => status.startsWith('2'))
        .map(([status, { content = {} }]) => {
          const at = ['paths', path, method, 'responses', status, 'content'].map(pointerToken).join('/');
          return [`${operationId} ${status}`, { status: Number(status), types: Object.keys(content), at }];
        }),
    ),
  ) as [string, { status: number; types: string[]; at: string }][],
);

function pointerToken(token: string): string {
  return encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));
}

t.test('every success has a call here', (t) => {
  const isUnlisted = (name: string) =>
    UNLISTED.some((one) => new RegExp(`^${one}\\.(snapshot|digest)`).test(name));
  t.same([...successes.keys()].filter((name) => !isUnlisted(name)).sort(), [...calls.keys()].sort());
  t.end();
});

for (const [name, call] of calls) {
  t.test(name, async (t) => {
    const { status, types, at } = successes.get(name)!;
    const came = await call();
    t.same(
      [...new Set(came.map(({ type }) => type ?? ''))].sort(),
      types.length > 0 ? [...types].sort() : [''],
    );
    for (const { status: given, type, text } of came) {
      t.equal(given, status, text.slice(0, 500));
      if (type === undefined) {
        t.equal(text, '');
        continue;
      }
      const validate = ajv.getSchema(`document#/${at}/${pointerToken(type)}/schema`)!;
      for (const value of valuesOf(type, text)) t.ok(validate(value), { errors: validate.errors, value });
    }
  });
}

/** The values that the schema of a media type describes: the document, each line, or the text as a whole. */
function valuesOf(type: string, text: string): unknown[] {
  if (type === 'text/event-stream') return [text];
  if (type !== 'application/x-ndjson') return [JSON.parse(text)];
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
