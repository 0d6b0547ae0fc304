import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { controlOf, leaks, refused, startTestGateway } from '../../support/gateway.ts';

const { enterprises, parcels, persons } = samples();
const code = enterprises.present[0]!;
const parcel = parcels.present[0]!;
const number = persons.present[0]!;

const gateway = await startTestGateway(t);
const tax = { authorization: `Bearer ${await gateway.token('G12.thue')}`, 'x-purpose': 'quan-ly-thue' };
const get = (path: string, method = 'GET') => gateway.send(path, { method, headers: tax });

t.test('queries that break the contract, before any registry is asked', async (t) => {
  const search = '/v1/business/enterprises';
  const land = `/v1/land/parcels/${parcel.communeCode}/${parcel.mapSheet}/${parcel.parcelNumber}`;
  const cases: [query: string, pointer: string][] = [
    [`${search}`, ''],
    [`${search}?`, ''],
    [`${search}?pageSize=5`, ''],
    [`${search}?name=a`, '/name'],
    [`${search}?name=`, '/name'],
    [`${search}?name=${'a'.repeat(201)}`, '/name'],
    [`${search}?name=ab&name=cd`, '/name'],
    [`${search}?provinceCode=01&provinceCode=79`, '/provinceCode'],
    [`${search}?provinceCode=1`, '/provinceCode'],
    [`${search}?provinceCode=${number}`, '/provinceCode'],
    [`${search}?provinceCode=01&pageSize=0`, '/pageSize'],
    [`${search}?provinceCode=01&pageSize=101`, '/pageSize'],
    [`${search}?provinceCode=01&pageSize=1.5`, '/pageSize'],
    [`${search}?provinceCode=01&pageSize=ten`, '/pageSize'],
    [`${search}?provinceCode=01&pageSize=`, '/pageSize'],
    [`${search}?provinceCode=01&pageSize=-1`, '/pageSize'],
    [`${search}?provinceCode=01&pageSize=9007199254740993`, '/pageSize'],
    [`${search}?provinceCode=01&pageSize=5&pageSize=5`, '/pageSize'],
    [`${search}?provinceCode=01&pageToken=a%20b`, '/pageToken'],
    [`${search}?provinceCode=01&pageToken=${'a'.repeat(501)}`, '/pageToken'],
    [`${search}?provinceCode=01&phone=1`, '/phone'],
    [`${search}?provinceCode=01&${number}=1`, '/…'],
    [`${search}?provinceCode=01&__proto__=1`, '/__proto__'],
    [`${search}?provinceCode=01&constructor=1`, '/constructor'],
    [`${search}?provinceCode[]=01`, '/provinceCode[]'],
    [`/v1/business/enterprises/${code}?enterpriseCode=${code}`, '/enterpriseCode'],
    [`/v1/business/enterprises/${code}?name=ab`, '/name'],
    [`/v1/business/enterprises/${code}0`, '/enterpriseCode'],
    ['/v1/business/enterprises/..%2f..%2fhealth', '/enterpriseCode'],
    [`/v1/business/enterprises/${code}%00`, '/enterpriseCode'],
    [`/v1/business/enterprises/%20${code}`, '/enterpriseCode'],
    [`${land}?communeCode=00004`, '/communeCode'],
    [`${land}?mapSheet=1&mapSheet=2`, '/mapSheet'],
    [`${land.replace(parcel.communeCode, '0004')}`, '/communeCode'],
    [`/v1/land/parcels/${parcel.communeCode}/1%2F2/1`, '/mapSheet'],
    [`/v1/land/parcels/${parcel.communeCode}/1/${'1'.repeat(11)}`, '/parcelNumber'],
    [`/v1/land/parcels/${parcel.communeCode}/1/1%3B`, '/parcelNumber'],
  ];
  const business = controlOf(gateway, 'business');
  const lands = controlOf(gateway, 'land');
  await business.forget();
  await lands.forget();
  for (const [path, pointer] of cases) {
    const answer = await get(path);
    refused(t, answer, 400, 'contract_violation', path);
    const pointers = answer.body.errors?.map((error) => error.pointer);
    t.ok(pointers?.includes(pointer), `${path}: names ${pointer}, not only ${pointers}`);
  }
  for (const malformed of enterprises.malformed.filter(Boolean)) {
    const answer = await get(`/v1/business/enterprises/${encodeURIComponent(malformed)}`);
    refused(t, answer, 400, 'contract_violation', JSON.stringify(malformed));
  }
  for (const { communeCode, mapSheet, parcelNumber } of parcels.malformed) {
    if (!communeCode || !mapSheet || !parcelNumber) continue;
    const answer = await get(
      `/v1/land/parcels/${[communeCode, mapSheet, parcelNumber].map(encodeURIComponent).join('/')}`,
    );
    refused(t, answer, 400, 'contract_violation', communeCode);
  }
  t.equal((await business.stats()).requests, 0);
  t.equal((await lands.stats()).requests, 0);
});

t.test('a page token of somebody else’s making', async (t) => {
  const business = controlOf(gateway, 'business');
  await business.forget();
  for (const token of ['AAAA', 'MQ', 'LTE', 'Ny45OTk5OTk5OTk5OTk5OTk5', '0'.repeat(500)]) {
    const answer = await get(`/v1/business/enterprises?provinceCode=01&pageToken=${token}`);
    refused(t, answer, 400, 'contract_violation', token.slice(0, 20));
    t.same(
      answer.body.errors?.map((error) => error.pointer),
      ['/pageToken'],
    );
  }
  t.equal((await business.stats()).operations.timKiemDoanhNghiep, undefined);
});

t.test('addresses that lead nowhere', async (t) => {
  const cases: [path: string, status: number, code: string][] = [
    ['/', 404, 'route_not_found'],
    ['/v1', 404, 'route_not_found'],
    ['/v1/population/persons', 404, 'route_not_found'],
    ['/v2/business/enterprises', 404, 'route_not_found'],
    ['/v1/Business/enterprises', 404, 'route_not_found'],
    ['//v1/business/enterprises', 404, 'route_not_found'],
    [`/v1/population/persons/${number}`, 404, 'route_not_found'],
    ['/metrics', 404, 'route_not_found'],
    ['/health/ready', 404, 'route_not_found'],
    ['/schemas/none.schema.json', 404, 'route_not_found'],
    ['/schemas/..%2fpackage.json', 404, 'route_not_found'],
    ['/docs/static/..%2f..%2fpackage.json', 404, 'route_not_found'],
    ['/v1/changes/none', 404, 'route_not_found'],
    ['/v1/business/enterprises/%', 400, 'malformed_request'],
    ['/v1/business/enterprises/%zz', 400, 'malformed_request'],
    [`/v1/business/enterprises/${number}%c0%af`, 400, 'malformed_request'],
    [`/v1/business/enterprises/${'1'.repeat(201)}`, 400, 'malformed_request'],
    [`/v1/business/enterprises/${'1'.repeat(4000)}`, 400, 'malformed_request'],
  ];
  for (const [path, status, code] of cases) refused(t, await get(path), status, code, path.slice(0, 60));
});

t.test('wrong methods', async (t) => {
  const cases: [method: string, path: string, allow: string][] = [
    ['GET', '/v1/population/persons/lookup', 'POST'],
    ['PUT', '/v1/population/persons/lookup', 'POST'],
    ['DELETE', '/v1/population/persons/lookup', 'POST'],
    ['PATCH', '/v1/population/persons/lookup', 'POST'],
    ['OPTIONS', '/v1/population/persons/lookup', 'POST'],
    ['HEAD', '/v1/population/persons/lookup', 'POST'],
    ['POST', '/v1/business/enterprises', 'GET, HEAD'],
    ['POST', `/v1/business/enterprises/${code}`, 'GET, HEAD'],
    ['DELETE', `/v1/land/parcels/${parcel.communeCode}/1/1`, 'GET, HEAD'],
    ['PUT', '/v1/business/changes', 'POST'],
    ['POST', '/v1/changes/business', 'GET, HEAD'],
    ['GET', '/oauth2/token', 'POST'],
    ['POST', '/oauth2/jwks', 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
    ['PROPFIND', '/v1/business/enterprises', 'GET, HEAD'],
    ['TRACE', '/v1/business/enterprises', 'GET, HEAD'],
  ];
  for (const [method, path, allow] of cases) {
    const answer = await get(path, method);
    t.equal(answer.status, 405, `${method} ${path}`);
    t.equal(answer.headers.allow, allow, `${method} ${path}: Allow`);
    if (method !== 'HEAD') refused(t, answer, 405, 'method_not_allowed', `${method} ${path}`);
  }
  const typed = await gateway.send('/v1/population/persons/lookup', {
    method: 'PUT',
    headers: { ...tax, 'content-type': 'text/xml' },
    body: '<x/>',
  });
  refused(t, typed, 405, 'method_not_allowed', 'the method counts before the content type');
});

t.test('HEAD is GET without the body, and as much evidence', async (t) => {
  const answer = await get(`/v1/business/enterprises/${code}`, 'HEAD');
  t.match(answer, { status: 200, text: '' });
  const [row] = await gateway.evidence(answer.headers['x-request-id']);
  t.match(row, { kind: 'disclosure', service: 'business.enterprise.lookup@1' });
});

t.test('none of it leads to a log line, a header or a metric that shows it', async (t) => {
  t.same(await leaks(gateway, [number, tax.authorization.slice(7)]), []);
});
