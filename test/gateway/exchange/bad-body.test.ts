import { Readable } from 'node:stream';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { leaks } from '../../support/leaks.ts';
import type { SendOptions } from '../../support/test-client.ts';

const PATH = '/v1/population/persons/lookup';
const { present, malformed } = samples().persons;
const personalId = present[0]!;
const valid = JSON.stringify({ personalId });

const gateway = await startTestGateway(t);
const population = controlOf(gateway, 'population');
const headers = {
  authorization: `Bearer ${await gateway.token('H26.motcua')}`,
  'content-type': 'application/json',
  'x-purpose': 'dich-vu-cong',
  'x-case-id': 'H26.11-261122-0001',
  'x-officer-id': 'CB001',
};

function post(body: SendOptions['body'], others: SendOptions['headers'] = {}) {
  return gateway.send(PATH, { method: 'POST', headers: { ...headers, ...others }, body });
}

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const padded = (bytes: number) => `{"personalId":"${personalId}"${' '.repeat(bytes)}}`;
const chunks = (text: string) => Readable.from([Buffer.from(text)]);

t.test('bodies that cannot be read, or break the contract', async (t) => {
  const cases: [name: string, body: SendOptions['body'], status: number, code: string, pointer?: string][] = [
    ['nothing', undefined, 400, 'malformed_json'],
    ['an empty body', '', 400, 'malformed_json'],
    ['half of it', valid.slice(0, -1), 400, 'malformed_json'],
    ['two documents', `${valid}${valid}`, 400, 'malformed_json'],
    ['single quotes', `{'personalId':'${personalId}'}`, 400, 'malformed_json'],
    ['two byte order marks', `\ufeff\ufeff${valid}`, 400, 'malformed_json'],
    ['UTF-16', Buffer.from(valid, 'utf16le'), 400, 'malformed_json'],
    [
      'invalid UTF-8',
      Buffer.from(`{"personalId":"${personalId}","fullName":"\xff"}`, 'latin1'),
      400,
      'malformed_json',
    ],
    ['a key twice', `{"personalId":"${personalId}","personalId":"${present[1]}"}`, 400, 'malformed_json'],
    [
      'a key twice, once escaped',
      `{"personalId":"${personalId}","person\\u0061lId":"${present[1]}"}`,
      400,
      'malformed_json',
    ],
    ['__proto__', `{"personalId":"${personalId}","__proto__":{"fullName":"x"}}`, 400, 'malformed_json'],
    [
      'constructor',
      `{"personalId":"${personalId}","constructor":{"prototype":{}}}`,
      400,
      'contract_violation',
      '/constructor',
    ],
    ['deep nesting', `{"personalId":${nested(33)}}`, 400, 'malformed_json'],
    ['very deep nesting', '['.repeat(7_000), 400, 'malformed_json'],
    [
      'nested where a string belongs',
      `{"personalId":${nested(3)}}`,
      400,
      'contract_violation',
      '/personalId',
    ],
    ['null', 'null', 400, 'contract_violation', ''],
    ['an array', `[${valid}]`, 400, 'contract_violation', ''],
    ['a string', `"${personalId}"`, 400, 'contract_violation', ''],
    ['a number', personalId.replace(/^0+/, ''), 400, 'contract_violation', ''],
    [
      'the number as a number',
      `{"personalId":${personalId.replace(/^0+/, '')}}`,
      400,
      'contract_violation',
      '/personalId',
    ],
    ['an empty object', '{}', 400, 'contract_violation', ''],
    [
      'an unknown property',
      `{"personalId":"${personalId}","phone":"1"}`,
      400,
      'contract_violation',
      '/phone',
    ],
    [
      'an unknown property that needs escaping',
      `{"personalId":"${personalId}","a/b~c":"1"}`,
      400,
      'contract_violation',
      '/a~1b~0c',
    ],
    [
      'a property named by a number',
      `{"personalId":"${personalId}","${present[1]}":"1"}`,
      400,
      'contract_violation',
      '/…',
    ],
    [
      'a name with a NUL',
      `{"personalId":"${personalId}","a\\u0000":1}`,
      400,
      'contract_violation',
      '/a\ufffd',
    ],
    ...['\\u0000', '\\ud800', '\\uffff', '\ufdd0'].map((fault): [string, string, number, string, string] => [
      `${fault} in a name`,
      `{"personalId":"${personalId}","fullName":"Lê ${fault}"}`,
      400,
      'contract_violation',
      '/fullName',
    ]),
    [
      'a name of nothing',
      `{"personalId":"${personalId}","fullName":""}`,
      400,
      'contract_violation',
      '/fullName',
    ],
    [
      'a name too long',
      `{"personalId":"${personalId}","fullName":"${'a'.repeat(201)}"}`,
      400,
      'contract_violation',
      '/fullName',
    ],
    [
      'no such day',
      `{"personalId":"${personalId}","birthDate":"1990-02-30"}`,
      400,
      'contract_violation',
      '/birthDate',
    ],
    ['over the limit, with its length', padded(16_384), 413, 'body_too_large'],
    ['over the limit, in chunks without a length', chunks(padded(16_384)), 413, 'body_too_large'],
    ['far over the limit', padded(1_000_000), 413, 'body_too_large'],
  ];
  await population.forget();
  for (const [name, body, status, code, pointer] of cases) {
    const answer = await post(body);
    refused(t, answer, status, code, name);
    if (pointer !== undefined) {
      const pointers = answer.body.errors?.map((error) => error.pointer);
      t.ok(pointers?.includes(pointer), `${name}: names ${pointer}, not only ${pointers}`);
    }
  }
  t.equal((await population.stats()).requests, 0, 'the registry was never asked');
  const rows = await gateway.evidence();
  t.equal(rows.length, cases.length, 'each refusal to a verified caller is evidence');
  t.ok(rows.every((row) => row.kind === 'refusal' && row.agreement === 'TT-2026-H26-01'));
});

t.test('a byte order mark before a body is no part of it', async (t) => {
  t.equal((await post(`\ufeff${valid}`)).status, 200);
});

t.test('one answer lists every violation', async (t) => {
  const answer = await post('{"fullName":1,"birthDate":"x","phone":1,"email":1}');
  t.same(answer.body.errors?.map((error) => error.pointer).sort(), [
    '',
    '/birthDate',
    '/email',
    '/fullName',
    '/phone',
  ]);
  const many = await post(
    JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`p${i}`, 1]))),
  );
  refused(t, many, 400, 'contract_violation');
  t.ok(many.body.errors!.length <= 100, 'but not without end');
});

t.test('numbers that break the rules are refused before the registry is asked', async (t) => {
  await population.forget();
  for (const number of [...malformed, `${personalId} `, `${personalId}\n`, personalId.slice(1)]) {
    for (const service of ['lookup', 'verify']) {
      const answer = await gateway.send(`/v1/population/persons/${service}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({
          personalId: number,
          ...(service === 'verify' && { fullName: 'A B', birthDate: '1990' }),
        }),
      });
      refused(t, answer, 400, 'contract_violation', `${service} ${JSON.stringify(number)}`);
      t.same(
        answer.body.errors?.map((error) => error.pointer),
        ['/personalId'],
      );
    }
  }
  t.equal((await population.stats()).requests, 0);
});

t.test('content types: what is read at all is read as JSON, and checked', async (t) => {
  const cases: [type: string | undefined, status: number][] = [
    ['application/json', 200],
    ['application/json; charset=utf-8', 200],
    ['application/json;charset=UTF-8', 200],
    ['application/json ; charset=utf-8', 200],
    ['APPLICATION/JSON', 200],
    ['Application/Json; Charset="utf-8"', 200],
    [undefined, 415],
    ['application/json ;x', 200],
    ['application/json;', 200],
    ['application/json\t', 200],
    ['application/json\t;x', 200],
    ['application/json, text/plain', 415],
    ['application/jsonx', 415],
    ['application/json-patch+json', 415],
    ['application/vnd.api+json', 415],
    ['text/json', 415],
    ['text/plain', 415],
    ['application/xml', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['*/*', 415],
    ['json', 415],
    ['/', 415],
  ];
  for (const [type, status] of cases) {
    const answer = await post(valid, { 'content-type': type });
    t.equal(answer.status, status, String(type));
    if (status === 415) refused(t, answer, 415, 'unsupported_media_type', String(type));
    else refused(t, await post('{"phone":1}', { 'content-type': type }), 400, 'contract_violation', type);
  }
  const compressed = await post(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), { 'content-encoding': 'gzip' });
  t.ok([400, 415].includes(compressed.status), 'compressed');
});

t.test('nothing of it shows in a refusal, a header, the log or a metric', async (t) => {
  t.same(
    await leaks(gateway, [
      ...present,
      ...malformed.filter((number) => /\d{9}/.test(number)),
      headers.authorization.slice(7),
    ]),
    [],
  );
});
