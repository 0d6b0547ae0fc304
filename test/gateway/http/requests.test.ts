import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { leaks } from '../../support/leaks.ts';

// The first is in the documents' examples, and so in /openapi.json.
const number = samples().persons.present[1]!;
const enterpriseCode = samples().enterprises.present[0]!;
const gateway = await startTestGateway(t);
const token = await gateway.token('H26.motcua');

/** Bytes as they are, one connection each; what came back until the gateway closed it. */
async function raw(...parts: readonly (string | Buffer)[]): Promise<string> {
  const { port, hostname } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {}); // refused bytes may come back as a reset
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

t.test('a request id is a UUID, or the gateway’s own', async (t) => {
  const given = '0190D3B0-7C3E-7ABC-8DEF-0123456789AB';
  const { headers } = await gateway.send('/openapi.json', { headers: { 'x-request-id': given } });
  t.equal(headers['x-request-id'], given.toLowerCase());
  for (const other of [number, 'x', `${given}0`, `{${given}}`, `${given}, ${given}`, '../../etc', '', 'ü']) {
    const answer = await gateway.call(
      'H26.motcua',
      'population.person.lookup',
      { personalId: number },
      { 'x-request-id': Buffer.from(other).toString('latin1') },
    );
    t.equal(answer.status, 200, other);
    const id = answer.headers['x-request-id']!;
    t.match(
      id,
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      `${other}: a UUIDv7`,
    );
    t.match(answer.body.meta, { requestId: id });
    t.equal((await gateway.evidence(id)).length, 1);
  }
});

t.test('declared circumstances that are no words are refused', async (t) => {
  const cases: [name: 'x-purpose' | 'x-case-id' | 'x-officer-id', value: string][] = [
    ['x-purpose', 'Dich-Vu-Cong'],
    ['x-purpose', 'dich vu cong'],
    ['x-purpose', 'dich-vu-cong, dich-vu-cong'],
    ['x-purpose', 'a'.repeat(65)],
    ['x-purpose', "' OR 1=1 --"],
    ['x-case-id', 'a'.repeat(41)],
    ['x-case-id', 'hồ sơ'],
    ['x-case-id', 'a b'],
    ['x-case-id', 'a\tb'],
    ['x-officer-id', 'a'.repeat(21)],
    ['x-officer-id', 'cán bộ'],
    ['x-officer-id', ' '],
  ];
  for (const [name, value] of cases) {
    const answer = await gateway.call(
      'H26.motcua',
      'population.person.lookup',
      { personalId: number },
      { [name]: Buffer.from(value).toString('latin1') },
    );
    refused(t, answer, 400, 'header_invalid', `${name}: ${value}`);
    t.match(answer.body.errors, [{ header: name }]);
    t.notMatch(answer.text, value.trim() || 'nothing', 'the value is not repeated');
  }
});

t.test('bytes that are no HTTP request', async (t) => {
  const host = 'Host: gateway\r\n';
  const cases: [name: string, bytes: string | Buffer, status: RegExp][] = [
    ['not HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'TLS',
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
      /^HTTP\/1\.1 400 /,
    ],
    ['an unknown method', `FETCH / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 400 /],
    ['no Host', 'GET /openapi.json HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a space in a header name', `GET / HTTP/1.1\r\n${host}X Y: 1\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['a folded header', `GET / HTTP/1.1\r\n${host}X: 1\r\n 2\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['a NUL in a header', `GET / HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['a bare CR in a header', `GET / HTTP/1.1\r\n${host}X: a\rX-Y: b\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['headers without end', `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['an address without end', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 431 /],
    [
      'two lengths',
      `POST /v1/population/persons/lookup HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a length and chunks',
      `POST /v1/population/persons/lookup HTTP/1.1\r\n${host}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a length that is no number',
      `POST /v1/population/persons/lookup HTTP/1.1\r\n${host}Content-Length: ${number}x\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'chunks that are none',
      `POST /v1/population/persons/lookup HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      /HTTP\/1\.1 4\d\d /,
    ],
  ];
  for (const [name, bytes, status] of cases) {
    const text = await raw(bytes);
    t.match(text, status, name);
    t.notMatch(text, number, `${name}: repeats nothing`);
    t.notMatch(text, /hello|FETCH|at .*\.js:\d/, name);
  }
  t.equal((await gateway.send('/openapi.json')).status, 200, 'the gateway lives');
});

t.test('a header that a caller smuggles in comes back nowhere', async (t) => {
  const text = await raw(
    `GET /v1/business/enterprises/${enterpriseCode}%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: evil.example\r\nX-Request-Id: a\r\nSet-Cookie: a=b\r\nX-Forwarded-Host: evil.example\r\nAccept-Language: en\r\nsec-x: \r\nConnection: close\r\n\r\n`,
  );
  t.match(text, /^HTTP\/1\.1 401 /);
  t.notMatch(text, /set-cookie|evil\.example/i);
  const host = await raw(
    'GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n',
  );
  t.notMatch(host, /evil\.example|https:/, 'addresses come from PUBLIC_URL');
});

t.test('the bytes after a refused body on the connection are a request of their own', async (t) => {
  const body = `GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n`;
  const text = await raw(
    `POST /v1/population/persons/lookup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    'GET /oauth2/jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  t.equal(text.match(/HTTP\/1\.1 /g)?.length, 2, 'two answers');
  t.match(text, /^HTTP\/1\.1 401 .*HTTP\/1\.1 200 .*"keys"/s);
  t.notMatch(text, /"openapi"/);
});

t.test('an address that cannot be read is counted, limited and logged like any other', async (t) => {
  const before = (await gateway.operations('/metrics')).text;
  refused(t, await gateway.send('/v1/%zz'), 400, 'malformed_request');
  const after = (await gateway.operations('/metrics')).text;
  const counted = (text: string) =>
    Number(/^lienthong_refusals_total\{code="malformed_request"\} (\d+)/m.exec(text)?.[1] ?? 0);
  t.equal(counted(after), counted(before) + 1);
  t.match(after, /lienthong_requests_total\{service="none",agency="none",outcome="malformed_request"\}/);
  t.ok(gateway.log.some((line) => line.includes('"outcome":"malformed_request"')));
});

t.test('addresses have a limit of their own, before anybody is known', async (t) => {
  const limited = await startTestGateway(t, { variables: { ADDRESS_RATE: '1' } });
  const began = performance.now();
  const answers = await Promise.all(
    ['/openapi.json', '/v1/%zz', '/none', '/oauth2/jwks', '/v1/business/enterprises'].flatMap((path) =>
      [1, 2, 3, 4].map(() => limited.send(path)),
    ),
  );
  const tooMany = answers.filter((answer) => answer.status === 429);
  // The bucket fills while a slow machine works.
  const most = 1 + (performance.now() - began) / 1000;
  t.ok(answers.length - tooMany.length <= most, `${tooMany.length} of 20 were refused`);
  for (const answer of tooMany) {
    refused(t, answer, 429, 'rate_limited');
    t.match(answer.headers, { 'retry-after': /^[1-9]\d*$/ });
  }
  const tokenRefused = async () => {
    for (;;) {
      const answer = await limited.send('/oauth2/token', { method: 'POST' });
      if (answer.status === 429) return answer;
      t.match(answer.body, { error: 'invalid_request' });
    }
  };
  t.match(
    await tokenRefused(),
    { status: 429, body: { error: 'temporarily_unavailable' }, headers: { 'retry-after': /^[1-9]/ } },
    'the token endpoint says so in OAuth’s words',
  );
  t.same(await limited.evidence(), [], 'nobody without a key fills the log');
});

t.test('nothing that was sent stands where it must not', async (t) => {
  t.same(await leaks(gateway, [number, token]), []);
});
