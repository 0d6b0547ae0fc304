/** `GET /v1/catalog/services` and `/agencies`: the answers to each system, through the agencies' port. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import type { AgencyEntry } from '../../../gateway/directory/agencies.ts';
import type { OwnServices, ServiceEntry } from '../../../gateway/directory/services.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';

const [enterpriseCode] = samples().enterprises.present as [string];
const service = 'business.enterprise.lookup@1';
const terms = { revision: 0, fields: ['/name', '/enterpriseCode'] };

const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-QUOTA',
      consumer: 'H30.thu',
      services: [{ service, ...terms, scope: { provinceCode: ['01', '79'] } }],
      streams: [{ stream: 'business.changes.read', entity: 'enterprise', ...terms }],
      quota: { perDay: 100, perMonth: 1000 },
      rate: { perSecond: 50 },
    },
    {
      agreement: 'TT-PAST',
      consumer: 'H31.thu',
      services: [{ service, ...terms }],
      validFrom: '2020-01-01',
      validUntil: '2020-12-31',
    },
    {
      agreement: 'TT-FUTURE',
      consumer: 'H31.thu',
      services: [{ service, ...terms }],
      validFrom: '2098-01-01',
    },
  ],
});

async function ask(path: string, system: string) {
  const authorization = `Bearer ${await gateway.token(system)}`;
  return gateway.send(path, { headers: { authorization } });
}

async function view(system: string) {
  const answer = await ask('/v1/catalog/services', system);
  t.equal(answer.status, 200, answer.text);
  const { services, streams } = answer.body.data as OwnServices;
  const named = (name: string): ServiceEntry => services.find((entry) => entry.service === name)!;
  return { answer, services, streams, named };
}

t.test('services that are allowed, with all conditions of a call', async (t) => {
  const { services, named } = await view('H26.motcua');
  t.same(
    services.filter(({ allowed }) => allowed).map((entry) => entry.service),
    [
      'land.parcel.lookup',
      'land.parcel.register-transfer',
      'population.person.lookup',
      'population.person.verify',
      'population.residence.register',
    ],
  );
  const lookup = named('population.person.lookup');
  t.match(lookup, {
    version: 1,
    method: 'POST',
    path: '/v1/population/persons/lookup',
    allowed: true,
    agreements: [
      {
        agreement: 'TT-2026-H26-01',
        standing: 'in_force',
        validFrom: '2026-01-01',
        validUntil: '2028-12-31',
        purposes: ['dich-vu-cong'],
        requiredHeaders: ['X-Purpose', 'X-Case-Id', 'X-Officer-Id'],
      },
    ],
  });
  t.notOk(lookup.howToAsk);
  const { fields } = lookup.agreements[0]!;
  t.ok(fields.disclosed.includes('/birthDate'));
  t.ok(fields.withheld.includes('/ethnicity'));
});

t.test('services that are not allowed, with the office to ask', async (t) => {
  const { services, streams, named } = await view('H29.thu');
  t.ok(
    [...services, ...streams].every(({ allowed }) => !allowed),
    'has no agreement at all',
  );
  t.match(named('population.person.lookup'), {
    reason: 'no_agreement',
    agreements: [],
    howToAsk: {
      agencies: [{ code: 'G01', name: { en: 'Ministry of Public Security' }, contact: { email: /@/ } }],
      legalBasis: [/278\/2025/, /194\/2025/, /194\/2025/],
      text: { vi: /văn bản/, en: /request/ },
    },
  });
  t.match(named('business.enterprise.lookup').howToAsk?.agencies, [{ code: 'G12' }]);
  t.match(
    (await view('H31.thu')).named('business.enterprise.lookup'),
    {
      allowed: false,
      reason: 'agreement_not_yet_valid',
      agreements: [{ standing: 'not_yet_valid' }, { standing: 'expired', validUntil: '2020-12-31' }],
    },
    'over, and to come',
  );
});

t.test('rate, scope, and what is left of the quota', async (t) => {
  const before = (await view('H30.thu')).named('business.enterprise.lookup').agreements[0]!;
  t.match(before, {
    scope: { provinceCode: ['01', '79'] },
    rate: { perSecond: 50, burst: 50 },
    quota: { perDay: 100, perMonth: 1000, remaining: { day: 100, month: 1000 } },
  });
  for (let i = 0; i < 3; i++) await gateway.call('H30.thu', 'business.enterprise.lookup', { enterpriseCode });
  const { named, streams } = await view('H30.thu');
  t.match(named('business.enterprise.lookup').agreements[0]!.quota, { remaining: { day: 97, month: 997 } });
  const stream = streams.find(({ entity }) => entity === 'enterprise')!;
  t.match(stream, {
    stream: 'business.changes.read',
    registry: 'business',
    allowed: true,
    agreements: [{ quota: { remaining: { day: 97 } } }],
  });
});

t.test('agencies', async (t) => {
  const { agencies } = (await ask('/v1/catalog/agencies', 'H29.thu')).body.data as {
    agencies: AgencyEntry[];
  };
  const codes = agencies.map(({ code }) => code);
  t.same(codes, codes.toSorted());
  t.match(
    agencies.find(({ code }) => code === 'G12'),
    { registries: ['business'], systems: [{ id: 'G12.thue' }, { id: 'G12.dkkd' }], contact: { email: /@/ } },
  );
  t.match(
    agencies.find(({ code }) => code === 'H29'),
    { registries: [] },
  );
});

t.test('the documents say what is answered', async (t) => {
  const document = JSON.parse((await gateway.send('/openapi.json')).text);
  const ajv = new Ajv2020({ strict: false, logger: false });
  ajv.addSchema(document, 'openapi.json');
  for (const [path, systems] of [
    ['/v1/catalog/services', ['H26.motcua', 'H30.thu', 'H31.thu', 'H29.thu', 'G12.thue']],
    ['/v1/catalog/agencies', ['H26.motcua']],
  ] as const) {
    const { schema } = document.paths[path].get.responses[200].content['application/json'];
    const validate = ajv.compile({ $ref: `openapi.json${schema.$ref}` });
    for (const system of systems) {
      const { body } = await ask(path, system);
      t.ok(validate(body), `${path} of ${system}`, { errors: validate.errors });
    }
  }
});

t.test('refusals, and no evidence of a look at the catalogue', async (t) => {
  refused(t, await gateway.send('/v1/catalog/services'), 401, 'token_missing');
  refused(t, await ask('/v1/catalog/services?system=G12.thue', 'H26.motcua'), 400, 'contract_violation');
  const { answer } = await view('G22.giamsat');
  t.same(await gateway.evidence(answer.body.meta!.requestId), []);
  t.match(answer.headers, { 'cache-control': 'no-store', ratelimit: /catalog-G22\.giamsat/ });
  let last = answer;
  await until(async () => {
    last = await ask('/v1/catalog/agencies', 'G22.giamsat');
    return last.status !== 200;
  });
  refused(t, last, 429, 'rate_limited');
  t.ok(Number(last.headers['retry-after']) >= 1);
  t.equal((await ask('/v1/catalog/agencies', 'H26.motcua')).status, 200, 'others are not held up');
});
