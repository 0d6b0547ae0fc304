import { gzipSync } from 'node:zlib';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { type Conversation, converse } from './raw.ts';

const personalId = samples().persons.present[0]!;
const gateway = await startTestGateway(t);
const token = await gateway.token('H26.motcua');

const POST = 'POST /v1/population/persons/lookup HTTP/1.1\r\n';
const HOST = 'Host: gateway\r\n';
/** A caller in good standing: what is refused is refused for its form. */
const CALLER = `Authorization: Bearer ${token}\r\nX-Purpose: dich-vu-cong\r\nX-Case-Id: x\r\nX-Officer-Id: x\r\nContent-Type: application/json\r\n`;
const HEAD = `${POST}${HOST}${CALLER}`;
const BODY = JSON.stringify({ personalId });
const CHUNK = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
/** What an attacker would have the gateway take for a request of somebody's own. */
const SMUGGLED = `GET /oauth2/jwks HTTP/1.1\r\n${HOST}\r\n`;

interface Case {
  readonly name: string;
  readonly parts: readonly (string | Buffer)[];
  /** The expected status; 400 by default. */
  readonly status?: number;
}

/** Each is answered once, by a refusal, and the connection is closed; what follows is never looked at. */
const refusedWithTheConnection: readonly Case[] = [
  // Where does the body end? (RFC 9112, sections 6 and 7)
  {
    name: 'a length and chunks',
    parts: [`${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  },
  {
    name: 'chunks and a length',
    parts: [`${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  },
  {
    name: 'two lengths that differ',
    parts: [
      `${HEAD}Content-Length: ${BODY.length}\r\nContent-Length: ${BODY.length + SMUGGLED.length}\r\n\r\n${BODY}${SMUGGLED}`,
    ],
  },
  {
    name: 'two lengths that are the same',
    parts: [
      `${HEAD}Content-Length: ${BODY.length}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`,
    ],
  },
  {
    name: 'a list of lengths',
    parts: [`${HEAD}Content-Length: ${BODY.length}, ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  { name: 'a signed length', parts: [`${HEAD}Content-Length: +${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`] },
  { name: 'a negative length', parts: [`${HEAD}Content-Length: -1\r\n\r\n${SMUGGLED}`] },
  {
    name: 'a length in hexadecimal',
    parts: [`${HEAD}Content-Length: 0x${BODY.length.toString(16)}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  {
    name: 'a length with a space in it',
    parts: [`${HEAD}Content-Length: 1 ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  { name: 'an empty length', parts: [`${HEAD}Content-Length: \r\n\r\n${SMUGGLED}`] },
  {
    name: 'a length past any number',
    parts: [`${HEAD}Content-Length: 99999999999999999999\r\n\r\n${BODY}${SMUGGLED}`],
  },
  { name: 'gzip, chunked', parts: [`${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNK}${SMUGGLED}`] },
  { name: 'chunked, gzip', parts: [`${HEAD}Transfer-Encoding: chunked, gzip\r\n\r\n${CHUNK}${SMUGGLED}`] },
  {
    name: 'chunked, chunked',
    parts: [`${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n${CHUNK}${SMUGGLED}`],
  },
  {
    name: 'chunked, identity',
    parts: [`${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n${CHUNK}${SMUGGLED}`],
  },
  {
    name: 'chunked twice',
    parts: [`${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK}${SMUGGLED}`],
  },
  {
    name: 'identity, then chunked',
    parts: [`${HEAD}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK}${SMUGGLED}`],
  },
  { name: 'xchunked', parts: [`${HEAD}Transfer-Encoding: xchunked\r\n\r\n${CHUNK}${SMUGGLED}`] },
  {
    name: 'chunked after a vertical tab',
    parts: [`${HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n${CHUNK}${SMUGGLED}`],
  },
  { name: 'quoted chunked', parts: [`${HEAD}Transfer-Encoding: "chunked"\r\n\r\n${CHUNK}${SMUGGLED}`] },
  { name: 'an empty coding', parts: [`${HEAD}Transfer-Encoding: \r\n\r\n${CHUNK}${SMUGGLED}`] },
  {
    name: 'chunks in HTTP/1.0',
    parts: [`${HEAD.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n${CHUNK}${SMUGGLED}`],
  },
  {
    name: 'a length and chunks in HTTP/1.0',
    parts: [
      `${HEAD.replace('1.1', '1.0')}Connection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
  },
  // Chunks
  ...[
    ['no number', 'zz\r\n'],
    ['a negative number', '-1\r\n'],
    ['0x', `0x${CHUNK}`],
    ['a space before', ` ${CHUNK}`],
    ['a number past any memory', 'fffffffffffffffff\r\nx'],
    ['a number that ends in LF alone', `${BODY.length.toString(16)}\n${BODY}\r\n0\r\n\r\n`],
    ['more than announced', `1\r\n${BODY}\r\n0\r\n\r\n`],
    ['an LF alone after', `${BODY.length.toString(16)}\r\n${BODY}\n0\r\n\r\n`],
    ['nothing after', `${BODY.length.toString(16)}\r\n${BODY}0\r\n\r\n`],
    ['an extension with LF alone', `${BODY.length.toString(16)};a=b\n${BODY}\r\n0\r\n\r\n`],
    ['an extension with CR alone', `${BODY.length.toString(16)};a\rb\r\n${BODY}\r\n0\r\n\r\n`],
    ['a trailer that is none', `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nX Y: 1\r\n\r\n`],
  ].map(([name, chunks]) => ({
    name: `chunks: ${name}`,
    parts: [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, `${chunks}${SMUGGLED}`],
  })),
  {
    name: 'chunk extensions without end',
    parts: [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, `1;${'a'.repeat(40_000)}`, `\r\n{\r\n`],
    status: 413,
  },
  {
    name: 'trailers without end',
    parts: [`${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n`, `X: ${'a'.repeat(40_000)}\r\n\r\n`],
    status: 431,
  },
  // Header fields (RFC 9112, section 5)
  {
    name: 'a folded field',
    parts: [`${HEAD}X-Folded: a\r\n b\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  { name: 'a folded coding', parts: [`${HEAD}Transfer-Encoding:\r\n chunked\r\n\r\n${CHUNK}${SMUGGLED}`] },
  {
    name: 'a field that begins folded',
    parts: [`${POST} ${HOST}${CALLER}Content-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  {
    name: 'a space before the colon',
    parts: [`${HEAD}Content-Length : ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  {
    name: 'a tab before the colon',
    parts: [`${HEAD}Transfer-Encoding\t: chunked\r\n\r\n${CHUNK}${SMUGGLED}`],
  },
  { name: 'no colon', parts: [`${HEAD}Transfer-Encoding chunked\r\n\r\n${CHUNK}${SMUGGLED}`] },
  { name: 'no name', parts: [`${HEAD}: chunked\r\n\r\n${SMUGGLED}`] },
  { name: 'a NUL in a name', parts: [`${HEAD}X\0: a\r\n\r\n${SMUGGLED}`] },
  { name: 'a NUL in a value', parts: [`${HEAD}X: a\0\r\n\r\n${SMUGGLED}`] },
  {
    name: 'letters of no name',
    parts: [Buffer.from(`${HEAD}Transfer-Encodıng: chunked\r\n\r\n${SMUGGLED}`, 'utf8')],
  },
  {
    name: 'lines that end in LF alone',
    parts: [`${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`.replaceAll('\r\n', '\n')],
  },
  {
    name: 'one line that ends in LF alone',
    parts: [`${HEAD}X: a\nContent-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  {
    name: 'headers that end in LF alone',
    parts: [`${HEAD}Content-Length: ${BODY.length}\r\n\n${BODY}${SMUGGLED}`],
  },
  { name: 'a CR alone', parts: [`${HEAD}X: a\rTransfer-Encoding: chunked\r\n\r\n${CHUNK}${SMUGGLED}`] },
  { name: 'CR CR LF', parts: [`${HEAD}X: a\r\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`] },
  { name: 'a field without end', parts: [`${HEAD}X: ${'a'.repeat(20_000)}\r\n\r\n`], status: 431 },
  { name: 'fields without end', parts: [`${HEAD}${'X: a\r\n'.repeat(4000)}\r\n`], status: 431 },
  {
    name: 'more fields than anybody needs',
    parts: [`${HEAD}${'X: a\r\n'.repeat(100)}Content-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
    status: 431,
  },
  {
    name: 'two authorizations',
    parts: [`${HEAD}Authorization: Bearer other\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  {
    name: 'two content types',
    parts: [`${HEAD}Content-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  // The target and the host (RFC 9112, section 3.2)
  { name: 'no host', parts: [`${POST}${CALLER}Content-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`] },
  {
    name: 'two hosts',
    parts: [`${HEAD}Host: other\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  {
    name: 'the same host twice',
    parts: [`${HEAD}${HOST}Content-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  },
  ...['a b', 'a/b', 'u@a', 'a, b', 'a\\b', 'a?b'].map((host) => ({
    name: `a host that is none: ${host}`,
    parts: [`${POST}Host: ${host}\r\n${CALLER}Content-Length: ${BODY.length}\r\n\r\n${BODY}${SMUGGLED}`],
  })),
  { name: 'the absolute form', parts: [`GET ${gateway.url}/oauth2/jwks HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
  {
    name: 'the absolute form of somewhere else',
    parts: [`GET http://169.254.169.254/latest/ HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`],
  },
  { name: 'the authority form', parts: [`GET gateway:80 HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
  { name: 'CONNECT', parts: [`CONNECT gateway:80 HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`], status: 405 },
  {
    name: 'CONNECT with a body',
    parts: [`CONNECT gateway:80 HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello${SMUGGLED}`],
    status: 405,
  },
  { name: 'the asterisk', parts: [`OPTIONS * HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
  { name: 'a space in the target', parts: [`GET /oauth2/jwks x HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
  { name: 'a tab after the method', parts: [`GET\t/oauth2/jwks HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
  ...[
    ['two spaces before the target', 'GET  /oauth2/jwks HTTP/1.1'],
    ['many spaces before the target', `GET${' '.repeat(500)}/oauth2/jwks HTTP/1.1`],
    ['two spaces before the version', 'GET /oauth2/jwks  HTTP/1.1'],
    ['a space and a tab before the version', 'GET /oauth2/jwks \tHTTP/1.1'],
    ['a tab before the version', 'GET /oauth2/jwks\tHTTP/1.1'],
    ['a tab before the target', 'GET \t/oauth2/jwks HTTP/1.1'],
    ['a space after the version', 'GET /oauth2/jwks HTTP/1.1 '],
    ['a space before the method', ' GET /oauth2/jwks HTTP/1.1'],
    ['two empty lines before', '\r\n\r\nGET /oauth2/jwks HTTP/1.1'],
    ['an LF before', '\nGET /oauth2/jwks HTTP/1.1'],
    ['another protocol', 'GET /oauth2/jwks RTSP/1.0'],
    ['a fragment', 'GET /oauth2/jwks#x HTTP/1.1'],
    ['a backslash', 'GET /oauth2\\jwks HTTP/1.1'],
    ['a quotation mark in the query', 'GET /oauth2/jwks?"x" HTTP/1.1'],
  ].map(([name, line]) => ({ name: `the line: ${name}`, parts: [`${line}\r\n${HOST}\r\n${SMUGGLED}`] })),
  {
    name: 'the line: two spaces, byte by byte',
    parts: ['GET ', ' ', '/oauth2/jwks HTTP/1.1\r\n', `${HOST}\r\n`, SMUGGLED],
  },
  { name: 'no target', parts: [`GET HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
  {
    name: 'a control character in the target',
    parts: [`GET /oauth2\x01/jwks HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`],
  },
  // Other versions
  { name: 'HTTP/0.9', parts: [`GET /oauth2/jwks\r\n\r\n${SMUGGLED}`] },
  { name: 'HTTP/1.2', parts: [`GET /oauth2/jwks HTTP/1.2\r\n${HOST}\r\n${SMUGGLED}`] },
  { name: 'HTTP/2.0 in words', parts: [`GET /oauth2/jwks HTTP/2.0\r\n${HOST}\r\n${SMUGGLED}`] },
  {
    name: 'the preface of HTTP/2',
    parts: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])],
  },
  { name: 'a version of two digits', parts: [`GET /oauth2/jwks HTTP/1.10\r\n${HOST}\r\n${SMUGGLED}`] },
  { name: 'a method in small letters', parts: [`get /oauth2/jwks HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
  { name: 'an unknown method', parts: [`SMUGGLE /oauth2/jwks HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`] },
];

const answersKeys = ({ text }: Conversation) => text.includes('"keys"');

t.test('refused once, with the connection', async (t) => {
  t.ok(refusedWithTheConnection.length > 80, `${refusedWithTheConnection.length} cases`);
  for (const { name, parts, status = 400 } of refusedWithTheConnection) {
    const answer = await converse(gateway.url, parts);
    t.same(answer.statuses, [status], `${name}: one answer`);
    t.ok(answer.closed, `${name}: closed`);
    t.notOk(answersKeys(answer), `${name}: nothing that was smuggled in is answered`);
    t.notMatch(answer.text, personalId, `${name}: nothing is disclosed or repeated`);
  }
  // Some of them are refusals to a verified caller, but none is a disclosure.
  const rows = await gateway.evidence();
  t.same(
    rows.filter(({ kind }) => kind === 'disclosure'),
    [],
  );
});

t.test('a body that breaks off is answered once, also when its answer is sent already', async (t) => {
  // Refused before its body is read; then the body turns out to be none.
  const refused = `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n`;
  for (const [name, parts] of [
    ['at once', [`${refused}zz\r\n${SMUGGLED}`]],
    ['later', [refused, '5\r\nhe', `llo\r\nzz\r\n${SMUGGLED}`]],
  ] as const) {
    const answer = await converse(gateway.url, parts);
    t.equal(answer.statuses.length, 1, `${name}: ${answer.statuses}`);
    t.match(answer.statuses, [/^40[01]$/]);
    t.ok(answer.closed, name);
    t.notOk(answersKeys(answer), name);
  }
});

t.test('the refusal of unreadable bytes waits for the answers before it', async (t) => {
  const good = `${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
  for (const broken of ['hello\r\n\r\n', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`]) {
    const answer = await converse(gateway.url, [`${good}${good}${broken}${SMUGGLED}`]);
    t.same(answer.statuses, [200, 200, 400], 'in the order asked');
    t.match(answer.text, /"personalId".*"personalId".*"malformed_request"/s);
    t.ok(answer.closed);
    t.notOk(answersKeys(answer));
  }
});

t.test('an Upgrade is not taken up: the request is answered as it stands', async (t) => {
  // Java's own client offers h2c with every first request in the clear.
  for (const [name, fields] of [
    [
      'h2c',
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
    ],
    [
      'websocket',
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
    ],
    ['TLS', 'Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n'],
  ] as const) {
    const request = `${HEAD}${fields}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
    const answer = await converse(gateway.url, [request, SMUGGLED], { answers: 2 });
    t.same(answer.statuses, [200, 200], `${name}: two requests, two answers`);
    t.notMatch(answer.text, /HTTP\/1\.1 101/, name);
  }
});

t.test('bodies come as they are', async (t) => {
  const packed = gzipSync(BODY);
  for (const encoding of ['gzip', 'GZIP', 'deflate', 'br', 'zstd', 'gzip, gzip', 'x', 'identity, gzip']) {
    const headers = { 'content-encoding': encoding };
    const answer = await gateway.call('H26.motcua', 'population.person.lookup', { personalId }, headers);
    refused(t, answer, 415, 'unsupported_media_type', encoding);
    t.equal(answer.headers['accept-encoding'], 'identity');
    t.equal((await gateway.evidence(answer.body.requestId)).length, 1, 'with evidence');
  }
  const token = await gateway.send('/oauth2/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' },
    body: gzipSync('grant_type=client_credentials'),
  });
  t.match(token, { status: 415, body: { error: 'invalid_request' } }, 'the token endpoint too');
  const unsaid = await gateway.send('/v1/population/persons/lookup', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await gateway.token('H26.motcua')}`,
      'x-purpose': 'dich-vu-cong',
      'x-case-id': 'x',
      'x-officer-id': 'x',
      'content-type': 'application/json',
    },
    body: packed,
  });
  refused(t, unsaid, 400, 'malformed_json', 'packed and not said');
  const plain = await gateway.call(
    'H26.motcua',
    'population.person.lookup',
    { personalId },
    { 'content-encoding': 'identity' },
  );
  t.equal(plain.status, 200);
});
