/** `/asyncapi.json`: valid by AsyncAPI's own parser, its examples included, and true of the events that the gateway delivers. */
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import t from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { createRenderer } from '../../../../gateway/changes/render/event.ts';
import { asyncApi } from '../../../../gateway/documents/asyncapi/asyncapi.ts';
import { packageDirectories } from '../../../support/contracts.ts';
import { startTestGateway } from '../../../support/gateway.ts';
import { secrets } from '../../changes/support.ts';

const catalog = await loadCatalog(packageDirectories);
const publicUrl = 'https://lienthong.example.vn/cong';
const document = asyncApi(catalog, { publicUrl, version: '0.1.0' });

interface Message {
  readonly headers?: object;
  readonly payload: object;
  readonly examples: readonly { readonly headers?: unknown; readonly payload: unknown }[];
}
const { messages } = document.components as { messages: Readonly<Record<string, Message>> };

/** Tells what of a message breaks its schema. */
function validatorOf(of: object) {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ ...of, $id: 'document' });
  return (message: string, part: 'headers' | 'payload', value: unknown): string | undefined => {
    const validate = ajv.compile({ $ref: `document#/components/messages/${message}/${part}` });
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}

async function problemsOf(text: string): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(text);
  return diagnostics
    .filter(({ code }) => code !== 'asyncapi-latest-version')
    .map(({ path, message }) => `${path.join('/')}: ${message}`);
}

t.test('the parser finds nothing to complain of', async (t) => {
  t.same(await problemsOf(JSON.stringify(document)), []);
  t.ok(Object.values(messages).every(({ examples }) => examples.length > 0));
});

t.test('it would complain of a schema that is none', async (t) => {
  const text = JSON.stringify(document);
  t.match(await problemsOf(text.replaceAll('"type":"integer"', '"type":"whole"')), [/./]);
});

// The parser looks at examples of AsyncAPI 2 only.
t.test('every example is what its message says', async (t) => {
  const errorsIn = validatorOf(document);
  for (const [name, { examples, headers }] of Object.entries(messages)) {
    for (const example of examples) {
      t.equal(errorsIn(name, 'payload', example.payload), undefined, name);
      if (headers) t.equal(errorsIn(name, 'headers', example.headers), undefined, name);
    }
  }
  const [example] = messages['business.enterprise.updated.binary']!.examples;
  const wrong = { ...(example!.payload as object), version: 'seven' };
  t.match(errorsIn('business.enterprise.updated.binary', 'payload', wrong), /version must be integer/);
  const more = { ...(example!.payload as object), state: { shoeSize: 42 } };
  t.match(errorsIn('business.enterprise.updated.binary', 'payload', more), /additional properties/);
});

t.test(
  'channels: a topic for each entity, a feed and a webhook for each registry, no agreement by name',
  async (t) => {
    const channels = document.channels as Readonly<Record<string, { address: string | null }>>;
    t.same(Object.fromEntries(Object.entries(channels).map(([id, { address }]) => [id, address])), {
      'population.person.topic': 'lienthong.population.person.{agreement}.g{generation}',
      'business.enterprise.topic': 'lienthong.business.enterprise.{agreement}.g{generation}',
      'land.parcel.topic': 'lienthong.land.parcel.{agreement}.g{generation}',
      'population.feed': '/cong/v1/changes/population',
      'business.feed': '/cong/v1/changes/business',
      'land.feed': '/cong/v1/changes/land',
      'population.webhook': null,
      'business.webhook': null,
      'land.webhook': null,
    });
    const text = JSON.stringify(document);
    for (const number of [...catalog.agreements.keys(), ...catalog.systems.keys()])
      t.notOk(text.includes(number), number);
  },
);

t.test('the events that the gateway delivers are valid by the document', async (t) => {
  const gateway = await startTestGateway(t);
  const served = await gateway.send('/asyncapi.json');
  t.match(served, { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } });
  t.equal(served.text, JSON.stringify(asyncApi(catalog, { publicUrl: gateway.publicUrl, version: '0.1.0' })));

  const errorsIn = validatorOf(served.body as object);
  const check = (message: string, part: 'headers' | 'payload', value: unknown) =>
    t.equal(errorsIn(message, part, value), undefined, message);
  const [subject] = samples().enterprises.present as [string];
  const data = {
    enterpriseCode: subject,
    name: 'CÔNG TY CỔ PHẦN VÍ DỤ',
    status: 'active',
    headOffice: { provinceCode: '01', communeCode: '00070' },
  };
  const change = (version: number, operation: string, more: object) => ({
    ...{ entity: 'enterprise', subject, version, operation, changedFields: [] },
    occurredAt: '2026-03-02T09:15:00+07:00',
    ...more,
  });
  const changes = [
    change(1, 'created', { data }),
    change(2, 'updated', { data, changedFields: ['/name'] }),
    change(3, 'deleted', {}),
  ];
  t.equal((await gateway.call('G12.dkkd', 'business.changes.publish', { changes })).status, 201);
  const page = await gateway.send('/v1/changes/business', {
    headers: { authorization: `Bearer ${await gateway.token('G12.thue')}` },
  });
  const events = page.body.data as { type: string; data: { operation: string } }[];
  t.equal(events.length, 3);
  for (const event of events)
    check(`business.enterprise.${event.data.operation}.structured`, 'payload', event);

  const grant = catalog.streamGrants.find(({ entity }) => entity.name === 'enterprise')!;
  const rendered = createRenderer(
    grant,
    secrets,
    gateway.publicUrl,
  )(
    changes.map((pushed, index) => ({
      ...pushed,
      ...{ registry: 'business', position: index + 1, superseded: false, recordedAt: 0 },
      operation: pushed.operation as 'created',
      data: 'data' in pushed ? pushed.data : undefined,
      before: index === 0 ? undefined : { provinceCode: '01' },
      after: pushed.operation === 'deleted' ? undefined : { provinceCode: '01' },
    })),
    0,
  );
  t.equal(rendered.events.length, 3);
  for (const { data: value, ...attributes } of rendered.events) {
    const payload = JSON.parse(value);
    const message = `business.enterprise.${payload.operation}.binary`;
    check(message, 'payload', payload);
    const headers = Object.entries({ specversion: '1.0', ...attributes }).map(([name, text]) => [
      `ce_${name}`,
      text,
    ]);
    check(message, 'headers', { ...Object.fromEntries(headers), 'content-type': 'application/json' });
  }
});
