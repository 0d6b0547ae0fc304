import { createHash, randomUUID } from 'node:crypto';
import { METHODS } from 'node:http';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { push } from '../../integration/support/changes.ts';
import { refused } from '../../support/answer.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { leaks } from '../../support/leaks.ts';
import { converse } from '../http/raw.ts';

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
  const cases: [query: string, parameter: string | undefined][] = [
    [`${search}`, undefined],
    [`${search}?`, undefined],
    [`${search}?pageSize=5`, undefined],
    [`${search}?name=a`, 'name'],
    [`${search}?name=`, 'name'],
    [`${search}?name=${'a'.repeat(201)}`, 'name'],
    [`${search}?name=ab&name=cd`, 'name'],
    [`${search}?provinceCode=01&provinceCode=79`, 'provinceCode'],
    [`${search}?provinceCode=1`, 'provinceCode'],
    [`${search}?provinceCode=${number}`, 'provinceCode'],
    [`${search}?provinceCode=01&pageSize=0`, 'pageSize'],
    [`${search}?provinceCode=01&pageSize=101`, 'pageSize'],
    [`${search}?provinceCode=01&pageSize=1.5`, 'pageSize'],
    [`${search}?provinceCode=01&pageSize=ten`, 'pageSize'],
    [`${search}?provinceCode=01&pageSize=`, 'pageSize'],
    [`${search}?provinceCode=01&pageSize=-1`, 'pageSize'],
    ...[
      '0x10',
      '0b1',
      '0o7',
      '1e1',
      '1E1',
      '%2B5',
      '+5',
      '%205',
      '5%20',
      '05',
      '5.0',
      '5.',
      '%D9%A5',
      '1_0',
      '5%00',
      '5n',
    ].map((text): [string, string] => [`${search}?provinceCode=01&pageSize=${text}`, 'pageSize']),
    [`${search}?name=ab%00cd`, 'name'],
    [`${search}?name=ab%0Acd`, 'name'],
    [`${search}?name=ab%EF%BF%BEcd`, 'name'],
    [`${search}?name=ab%EF%B7%90cd`, 'name'],
    [`${search}?name=ab%F0%9F%BF%BEcd`, 'name'],
    [`${search}?%EF%BF%BF=1`, '\ufffd'],
    [`${search}?name=ab%00cd&name=ab`, 'name'],
    [`${search}?provinceCode=01&pageSize=9007199254740993`, 'pageSize'],
    [`${search}?provinceCode=01&pageSize=5&pageSize=5`, 'pageSize'],
    [`${search}?provinceCode=01&pageToken=a%20b`, 'pageToken'],
    [`${search}?provinceCode=01&pageToken=${'a'.repeat(501)}`, 'pageToken'],
    [`${search}?provinceCode=01&phone=1`, 'phone'],
    [`${search}?provinceCode=01&${number}=1`, '…'],
    [`${search}?provinceCode=01&__proto__=1`, '__proto__'],
    [`${search}?provinceCode=01&constructor=1`, 'constructor'],
    [`${search}?provinceCode[]=01`, 'provinceCode[]'],
    [`/v1/business/enterprises/${code}?enterpriseCode=${code}`, 'enterpriseCode'],
    [`/v1/business/enterprises/${code}?name=ab`, 'name'],
    [`/v1/business/enterprises/${code}0`, 'enterpriseCode'],
    ['/v1/business/enterprises/..%2f..%2fhealth', 'enterpriseCode'],
    [`/v1/business/enterprises/${code}%00`, 'enterpriseCode'],
    [`/v1/business/enterprises/%20${code}`, 'enterpriseCode'],
    [`${land}?communeCode=00004`, 'communeCode'],
    [`${land}?mapSheet=1&mapSheet=2`, 'mapSheet'],
    [`${land.replace(parcel.communeCode, '0004')}`, 'communeCode'],
    [`/v1/land/parcels/${parcel.communeCode}/1%2F2/1`, 'mapSheet'],
    [`/v1/land/parcels/${parcel.communeCode}/1/${'1'.repeat(11)}`, 'parcelNumber'],
    [`/v1/land/parcels/${parcel.communeCode}/1/1%3B`, 'parcelNumber'],
  ];
  const business = controlOf(gateway, 'business');
  const lands = controlOf(gateway, 'land');
  await business.forget();
  await lands.forget();
  for (const [path, parameter] of cases) {
    const answer = await get(path);
    refused(t, answer, 400, 'contract_violation', path);
    const parameters = answer.body.errors?.map((error) => error.parameter);
    t.ok(parameters?.includes(parameter), `${path}: names ${parameter}, not only ${parameters}`);
    t.ok(
      answer.body.errors?.every((error) => !('pointer' in error)),
      'there is no body to point into',
    );
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

t.test(
  'the refusal of an empty search names the missing parameters once, in the requested language',
  async (t) => {
    const errorsOf = async (language: string) =>
      (await gateway.send('/v1/business/enterprises', { headers: { ...tax, 'accept-language': language } }))
        .body.errors;
    t.strictSame(await errorsOf('en'), [{ detail: 'at least one of these is required: name, provinceCode' }]);
    t.strictSame(await errorsOf('vi'), [
      { detail: 'phải có ít nhất một trong các trường: name, provinceCode' },
    ]);
  },
);

t.test('the refusal of a repeated parameter states that it may occur once', async (t) => {
  const errorsOf = async (path: string, language: string) =>
    (await gateway.send(path, { headers: { ...tax, 'accept-language': language } })).body.errors;
  for (const [path, parameter] of [
    ['/v1/business/enterprises?provinceCode=01&provinceCode=79', 'provinceCode'],
    ['/v1/business/enterprises?provinceCode=01&provinceCode=01', 'provinceCode'],
    ['/v1/business/enterprises?provinceCode=01&pageSize=5&pageSize=6', 'pageSize'],
    ['/v1/changes/business?limit=5&limit=6', 'limit'],
    ['/v1/changes/business?after=a&after=b', 'after'],
  ] as const) {
    t.strictSame(await errorsOf(path, 'en'), [{ parameter, detail: 'may be given only once' }], path);
    t.strictSame(await errorsOf(path, 'vi'), [{ parameter, detail: 'chỉ được gửi một lần' }], path);
  }
  t.strictSame(
    await errorsOf('/v1/business/enterprises?provinceCode=01&phone=1&phone=2', 'en'),
    [{ parameter: 'phone', detail: 'is not a property of the contract' }],
    'a parameter that is not allowed gets that violation',
  );
});

t.test('a page token of somebody else’s making', async (t) => {
  const business = controlOf(gateway, 'business');
  await business.forget();
  for (const token of ['AAAA', 'MQ', 'LTE', 'Ny45OTk5OTk5OTk5OTk5OTk5', '0'.repeat(500)]) {
    const answer = await get(`/v1/business/enterprises?provinceCode=01&pageToken=${token}`);
    refused(t, answer, 400, 'contract_violation', token.slice(0, 20));
    t.same(
      answer.body.errors?.map((error) => error.parameter),
      ['pageToken'],
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
    ['/docs/static/%00', 404, 'route_not_found'],
    ['/docs/static/%5c..%5cpackage.json', 404, 'route_not_found'],
    ['/v1/changes/none', 404, 'route_not_found'],
    ['/v1/business/enterprises/%', 400, 'malformed_request'],
    ['/v1/business/enterprises/%zz', 400, 'malformed_request'],
    [`/v1/business/enterprises/${number}%c0%af`, 400, 'malformed_request'],
    [`/v1/business/enterprises/${'1'.repeat(201)}`, 400, 'malformed_request'],
    // No UTF-8: a lone byte, an overlong form, half a surrogate, past the last character, half an escape.
    ...[
      '%ff',
      'ab%C3',
      '%c0%af',
      '%ed%a0%80',
      '%f4%90%80%80',
      '%',
      '%4',
      '%zz',
      '%u0041',
      'ab%C3(&pageSize=5',
    ].map((text): [string, number, string] => [
      `/v1/business/enterprises?name=${text}`,
      400,
      'malformed_request',
    ]),
    ['/v1/business/enterprises?%ff=ab', 400, 'malformed_request'],
    ['/v1/changes/business?after=%ff', 400, 'malformed_request'],
    ['/openapi.json?%ff', 400, 'malformed_request'],
    [`/v1/business/enterprises/${'1'.repeat(4000)}`, 400, 'malformed_request'],
  ];
  for (const [path, status, code] of cases) refused(t, await get(path), status, code, path.slice(0, 60));
  for (const fields of [{ range: 'bytes=99999999-' }, { 'if-match': '"x"' }]) {
    const answer = await gateway.send('/docs/static/index.html', { headers: fields });
    t.ok(answer.status < 500, `${Object.keys(fields)}: ${answer.status}`);
  }
});

t.test('characters that a browser leaves unescaped in a query are looked for', async (t) => {
  for (const name of ['A|B', 'A{B}', 'A^B', 'A`B']) {
    const answer = await get(`/v1/business/enterprises?name=${name}`);
    t.ok(answer.status === 200 || answer.body.code === 'contract_violation', `${name}: ${answer.text}`);
  }
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

t.test(
  'for every method that Node reads: 405 where another one is taken, and never a word about the body',
  async (t) => {
    const routes: [path: string, allow: string][] = [
      ['/v1/business/enterprises?provinceCode=01', 'GET, HEAD'],
      [`/v1/business/enterprises/${code}`, 'GET, HEAD'],
      ['/v1/population/persons/lookup', 'POST'],
      ['/v1/business/changes', 'POST'],
      ['/v1/changes/business', 'GET, HEAD'],
      ['/v1/business/enterprise/snapshot', ''],
      ['/v1/subscriptions', 'GET, HEAD, POST'],
      [`/v1/subscriptions/${randomUUID()}`, 'GET, HEAD, DELETE'],
      ['/v1/catalog/services', 'GET, HEAD'],
      ['/oauth2/token', 'POST'],
      ['/oauth2/jwks', 'GET, HEAD'],
      ['/openapi.json', 'GET, HEAD'],
    ];
    const bodies = [
      ['', ''],
      ['application/json', '{'],
      ['text/xml', '<x/>'],
      ['', 'x'],
    ] as const;
    let asked = 0;
    // CONNECT is for proxies, and has its own answer.
    const methods = METHODS.filter((method) => method !== 'CONNECT');
    t.ok(methods.includes('QUERY') && methods.includes('SEARCH'));
    for (const [path, allow] of routes) {
      for (const method of methods) {
        if (allow.split(', ').includes(method)) continue;
        const [type, body] = bodies[asked++ % bodies.length]!;
        const typed = type && `Content-Type: ${type}\r\n`;
        const fields = `Host: x\r\n${typed}Content-Length: ${body.length}\r\nConnection: close\r\n`;
        const { statuses, text } = await converse(gateway.url, [
          `${method} ${path} HTTP/1.1\r\n${fields}\r\n${body}`,
        ]);
        const [status, code] = allow === '' ? [404, 'route_not_found'] : [405, 'method_not_allowed'];
        const name = `${method} ${path} ${type} ${body}`;
        t.same(statuses, [status], name);
        if (allow !== '') t.ok(text.toLowerCase().includes(`\r\nallow: ${allow.toLowerCase()}\r\n`), name);
        if (method !== 'HEAD') t.ok(text.includes(`"${code}"`), name);
      }
    }
  },
);

t.test('HEAD is GET without the body, and as much evidence', async (t) => {
  const answer = await get(`/v1/business/enterprises/${code}`, 'HEAD');
  t.match(answer, { status: 200, text: '' });
  const [row] = await gateway.evidence(answer.headers['x-request-id']);
  t.match(row, { kind: 'disclosure', service: 'business.enterprise.lookup@1' });
  const asked = `HEAD /v1/business/enterprises/${code}`;
  t.same(
    row!.request_digest,
    createHash('sha256').update(row!.salt).update(asked).digest(),
    'what was asked',
  );
  await push(gateway, 1);
  for (const [path, count] of [
    ['/v1/changes/business?limit=1', 1],
    ['/v1/business/enterprises?provinceCode=01', 1],
    ['/v1/catalog/services', 0],
  ] as const) {
    const { headers } = await get(path, 'HEAD');
    const entries = await gateway.evidence(headers['x-request-id']);
    t.equal(entries.length, count, path);
    for (const entry of entries) t.ok(entry.request_digest, `${path}: ${entry.service} has a digest`);
  }
});

t.test('none of it leads to a log line, a header or a metric that shows it', async (t) => {
  t.same(await leaks(gateway, [number, tax.authorization.slice(7)]), []);
});
