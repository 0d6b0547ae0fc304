/** Signed requests and signed responses, through a real gateway. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { parseItem } from 'structured-headers';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { privateKeyOf, signRequest } from '../../../gateway/client/sign-request.ts';
import {
  type KeySet,
  type VerifiedResponse,
  verifyResponse,
} from '../../../gateway/client/verify-response.ts';
import { componentValue } from '../../../gateway/signatures/format/components.ts';
import { contentDigest } from '../../../gateway/signatures/format/content-digest.ts';
import { fieldsOf, type RequestMessage } from '../../../gateway/signatures/format/message.ts';
import { readSignatures } from '../../../gateway/signatures/format/signed-message.ts';
import { REQUEST_TAG, requiredOfRequest } from '../../../gateway/signatures/policy.ts';
import { type Answer, refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';

const { persons, enterprises } = samples();
const person = { service: 'population.person.lookup@1', revision: 0, fields: ['/personalId', '/fullName'] };
const business = {
  service: 'business.enterprise.lookup@1',
  revision: 0,
  fields: ['/enterpriseCode', '/name'],
};
const services = [person, business];
const SIGNER = 'H31.ky';
const FREE = 'H31.tudo';

const deprecated: string[] = [];
process.on('warning', ({ name, message }) => {
  if (name === 'DeprecationWarning') deprecated.push(message);
});

const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-SIGNED',
      consumer: SIGNER,
      requiredHeaders: ['X-Purpose', 'X-Case-Id'],
      signatures: { requests: 'required' },
      services,
    },
    { agreement: 'TT-FREE', consumer: FREE, services },
    { agreement: 'TT-ALWAYS', consumer: 'H31.luonluon', signatures: { responses: 'always' }, services },
  ],
});
const PERSONS = '/v1/population/persons/lookup';
const ENTERPRISE = `/v1/business/enterprises/${enterprises.present[0]!}`;
const body = JSON.stringify({ personalId: persons.present[0]! });

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** A signed request that is in order, to be spoiled. */
async function signed(system = SIGNER, spoil: Partial<Sent> = {}, created?: number): Promise<Sent> {
  const request: Sent = {
    method: 'POST',
    path: PERSONS,
    body,
    ...spoil,
    headers: {
      authorization: `Bearer ${await gateway.token(system)}`,
      ...(spoil.method !== 'GET' && { 'content-type': 'application/json' }),
      'x-purpose': 'thu-nghiem',
      'x-case-id': 'HS-1',
      ...spoil.headers,
    },
  };
  const jwk = await gateway.privateKey(system);
  const key = privateKeyOf(jwk);
  const fields = signRequest({ ...request, url: gateway.publicUrl + request.path }, key, created);
  return { ...request, headers: { ...request.headers, ...fields } };
}

const send = ({ path, ...request }: Sent): Promise<Answer> => gateway.send(path, request);

function messageOf({ method, path, headers }: Sent): RequestMessage {
  return {
    method,
    targetUri: gateway.publicUrl + path,
    requestTarget: path,
    fields: fieldsOf(Object.entries(headers).flat()),
  };
}

async function keySet(): Promise<KeySet> {
  return JSON.parse((await gateway.send('/oauth2/jwks')).text);
}

/** The verified content of the answer. */
async function proven(answer: Answer, request?: Sent): Promise<VerifiedResponse> {
  const response = {
    message: { status: answer.status, fields: fieldsOf(Object.entries(answer.headers).flat()) },
    content: Buffer.from(answer.text),
  };
  const asked = request && { message: messageOf(request), content: Buffer.from(request.body ?? '') };
  return verifyResponse(response, asked, await keySet());
}

interface Row {
  readonly request_signature_input: string | null;
  readonly request_signature: Buffer | null;
  readonly request_signature_base: Buffer | null;
  readonly response_signature: Buffer | null;
  readonly salt: Buffer;
  readonly code: string | null;
}

async function rowOf({ headers }: Answer): Promise<Row> {
  const [row, ...others] = await gateway.query<Row>('SELECT * FROM evidence WHERE request_id = $1', [
    headers['x-request-id'],
  ]);
  if (!row || others.length > 0) throw new Error('not one row of evidence');
  return row;
}

/** Is the signature on `answer` the one that its evidence has the salted digest of? */
function isRecorded(answer: Answer, { salt, response_signature }: Row): boolean {
  const [made] = readSignatures(fieldsOf(Object.entries(answer.headers).flat()));
  return createHash('sha256').update(salt).update(made!.signature).digest().equals(response_signature!);
}

t.test('a signed request, and what is kept of it', async (t) => {
  for (const spoil of [{}, { method: 'GET', path: `${ENTERPRISE}`, body: undefined }]) {
    const request = await signed(SIGNER, spoil);
    const answer = await send(request);
    t.equal(answer.status, 200, answer.text);
    t.notOk(answer.headers.signature, 'nobody asked for a signature');
    const row = await rowOf(answer);
    const [sent] = readSignatures(messageOf(request).fields);
    t.same(row.request_signature, sent!.signature);
    t.equal(`lienthong=${row.request_signature_input}`, request.headers['signature-input']);
    t.equal(row.response_signature, null);
    // Whoever shows the request shows what was signed: its base has the digest that was kept.
    const message = messageOf(request);
    const lines = requiredOfRequest(request.method, (field) => field in request.headers).map(
      (name) => `"${name}": ${componentValue([name, new Map()], { request: message })}`,
    );
    const base = [...lines, `"@signature-params": ${row.request_signature_input}`].join('\n');
    t.same(row.request_signature_base, createHash('sha256').update(base).digest());
    const { x, y } = await gateway.privateKey(SIGNER);
    const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
    t.ok(verify('sha256', Buffer.from(base), { key, dsaEncoding: 'ieee-p1363' }, row.request_signature!));
  }
});

t.test('an unsigned request where a signature is required', async (t) => {
  const { headers, ...request } = await signed();
  const { signature, 'signature-input': input, ...bare } = headers;
  t.ok(signature && input);
  const answer = await send({ ...request, headers: bare });
  refused(t, answer, 401, 'signature_missing');
  t.equal(answer.body.agreement, 'TT-SIGNED');
  t.match(answer.headers['www-authenticate'], /^Bearer realm="lienthong", resource_metadata="[^"]+"$/);
  t.equal(
    answer.headers['accept-signature'],
    'lienthong=("@method" "@target-uri" "authorization" "content-digest" "x-purpose" "x-case-id")' +
      ';created;tag="lienthong-request"',
  );
  t.match(await rowOf(answer), { code: 'signature_missing', request_signature: null });
});

const seconds = () => Math.floor(Date.now() / 1000);

interface Craft {
  /** Identifiers, instead of the required ones. */
  readonly covered?: (required: readonly string[]) => readonly string[];
  /** Serialised, beside or instead of those that are in order; `undefined` leaves one out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  readonly key?: KeyObject;
  readonly targetUri?: string;
  readonly signature?: (made: Buffer) => Buffer;
  /** The headers that are signed, beside or instead of those of a request that is in order. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request whose signature was made by hand: by the RFC, but not by the gateway's rules. */
async function craft({ covered = (names) => names, parameters = {}, ...spoil }: Craft): Promise<Sent> {
  const request = await signed(SIGNER, {
    headers: { 'content-digest': contentDigest(body), ...spoil.headers },
  });
  const jwk = await gateway.privateKey(SIGNER);
  const own = { created: String(seconds()), keyid: `"${jwk.kid}"`, nonce: `"${randomUUID()}"` };
  const names = covered(
    ['@method', '@target-uri', 'authorization', 'content-digest', 'x-purpose', 'x-case-id'].map(
      (name) => `"${name}"`,
    ),
  );
  const input = `(${names.join(' ')})${Object.entries({ ...own, tag: `"${REQUEST_TAG}"`, ...parameters })
    .map(([name, value]) => (value === undefined ? '' : `;${name}=${value}`))
    .join('')}`;
  const headers = { ...request.headers, ...spoil.headers };
  const message = {
    ...messageOf({ ...request, headers }),
    ...(spoil.targetUri && { targetUri: spoil.targetUri }),
  };
  const lines = names.map((name) => {
    try {
      return `${name}: ${componentValue(parseItem(name), { request: message })}`;
    } catch {
      return `${name}: something`;
    }
  });
  const base = Buffer.from([...lines, `"@signature-params": ${input}`].join('\n'));
  const key = spoil.key ?? privateKeyOf(jwk).privateKey;
  const made = sign('sha256', base, { key, dsaEncoding: 'ieee-p1363' });
  const signature = (spoil.signature?.(made) ?? made).toString('base64');
  return {
    ...request,
    headers: { ...headers, 'signature-input': `lienthong=${input}`, signature: `lienthong=:${signature}:` },
  };
}

/** Changes a request after it was signed. */
async function changed(
  change: Record<string, (value: string) => string | undefined>,
  craftOf: Craft = {},
): Promise<Sent> {
  const request = await craft(craftOf);
  const headers: Record<string, string> = { ...request.headers };
  for (const [name, replace] of Object.entries(change)) {
    const value = replace(headers[name] ?? '');
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  return { ...request, headers };
}

const without = (name: string) => (names: readonly string[]) => names.filter((one) => one !== `"${name}"`);
const andAlso =
  (...more: string[]) =>
  (names: readonly string[]) => [...names, ...more];
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other signature of the same base: (r, n − s). */
function mirrored(signature: Buffer): Buffer {
  const s = ORDER - BigInt(`0x${signature.toString('hex', 32)}`);
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
}

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

t.test('every way to be wrong', async (t) => {
  t.equal(
    (await send(await craft({}))).status,
    200,
    'a signature made by hand is accepted when it is in order',
  );
  const { kid: othersKid } = await gateway.privateKey(FREE);
  const cases: readonly (readonly [name: string, reason: string, request: () => Promise<Sent>])[] = [
    // What is covered
    ...['@method', '@target-uri', 'authorization', 'content-digest', 'x-purpose', 'x-case-id'].map(
      (name) => [`${name} is not covered`, 'not_covered', () => craft({ covered: without(name) })] as const,
    ),
    ['nothing is covered', 'not_covered', () => craft({ covered: () => [] })],
    [
      'a field is covered in part',
      'not_covered',
      () =>
        craft({
          covered: (names) => [...without('content-digest')(names), '"content-digest";key="sha-256"'],
        }),
    ],
    [
      'a field is covered in another form',
      'not_covered',
      () => craft({ covered: (names) => [...without('x-purpose')(names), '"x-purpose";bs'] }),
    ],
    ['an officer, added later', 'not_covered', () => changed({ 'x-officer-id': () => 'CB002' })],
    ['an Idempotency-Key, added later', 'not_covered', () => changed({ 'idempotency-key': () => 'abc' })],
    ...[
      '"x-absent"',
      '"@unknown"',
      '"@status"',
      '"@signature-params"',
      '"@method";req',
      '"X-Purpose"',
      '"date";tr',
      '"x-purpose";sf',
      '"@query-param";name="a"',
    ].map((name) => [`covers ${name}`, 'component', () => craft({ covered: andAlso(name) })] as const),
    ['covers a component twice', 'component', () => craft({ covered: andAlso('"@method"') })],
    [
      'a covered field was taken away',
      'component',
      () =>
        changed(
          { 'x-officer-id': () => undefined },
          { headers: { 'x-officer-id': 'CB001' }, covered: andAlso('"x-officer-id"') },
        ),
    ],
    // The message
    ['another purpose', 'mismatch', () => changed({ 'x-case-id': () => 'HS-2' })],
    [
      'a field in two lines',
      'mismatch',
      () => changed({ 'content-digest': (value) => `${value}, sha-512=:AAAA:` }),
    ],
    ['another address', 'mismatch', async () => ({ ...(await craft({})), path: `${PERSONS}?a=1` })],
    ['an address under Host', 'mismatch', () => craft({ targetUri: `http://gateway.example${PERSONS}` })],
    [
      'https instead of http',
      'mismatch',
      () => craft({ targetUri: gateway.publicUrl.replace('http:', 'https:') + PERSONS }),
    ],
    [
      'another token',
      'mismatch',
      async () => {
        const token = await gateway.token(SIGNER, 'population.person.lookup');
        return changed({ authorization: () => `Bearer ${token}` });
      },
    ],
    ['another body', 'content_digest', async () => ({ ...(await craft({})), body: body.replace('}', ' }') })],
    [
      'the digest of another body',
      'content_digest',
      () => craft({ headers: { 'content-digest': contentDigest('{}') } }),
    ],
    [
      'a digest that nobody should trust',
      'content_digest',
      () => craft({ headers: { 'content-digest': 'md5=:1B2M2Y8AsgTpgAmY7PhCfg==:' } }),
    ],
    // The key
    ['a stranger’s key', 'mismatch', () => craft({ key: stranger })],
    ['a keyid that is nobody’s', 'key_unknown', () => craft({ parameters: { keyid: '"nobody"' } })],
    ['a keyid of another system', 'key_unknown', () => craft({ parameters: { keyid: `"${othersKid}"` } })],
    ...[
      'ed25519',
      'rsa-pss-sha512',
      'rsa-v1_5-sha256',
      'hmac-sha256',
      'ecdsa-p384-sha384',
      'ES256',
      'none',
      '',
    ].map((alg) => [`alg ${alg}`, 'algorithm', () => craft({ parameters: { alg: `"${alg}"` } })] as const),
    // Parameters
    ...['created', 'keyid', 'nonce'].map(
      (name) => [`no ${name}`, 'parameter', () => craft({ parameters: { [name]: undefined } })] as const,
    ),
    ['created is a string', 'parameter', () => craft({ parameters: { created: `"${seconds()}"` } })],
    ['created is a decimal', 'parameter', () => craft({ parameters: { created: `${seconds()}.5` } })],
    ['keyid is a token', 'parameter', () => craft({ parameters: { keyid: 'a' } })],
    ['a short nonce', 'parameter', () => craft({ parameters: { nonce: '"123456789012345"' } })],
    ['a nonce without an end', 'parameter', () => craft({ parameters: { nonce: `"${'a'.repeat(129)}"` } })],
    ['made 100 seconds ago', 'created', () => craft({ parameters: { created: String(seconds() - 100) } })],
    ['made in 100 seconds', 'created', () => craft({ parameters: { created: String(seconds() + 100) } })],
    ['made a million years from now', 'created', () => craft({ parameters: { created: '99999999999999' } })],
    ['expired', 'created', () => craft({ parameters: { expires: String(seconds() - 40) } })],
    // The value
    ['cut short', 'mismatch', () => craft({ signature: (made) => made.subarray(0, 63) })],
    ['padded', 'mismatch', () => craft({ signature: (made) => Buffer.concat([made, Buffer.alloc(1)]) })],
    ['empty', 'mismatch', () => craft({ signature: () => Buffer.alloc(0) })],
    ['zeros', 'mismatch', () => craft({ signature: () => Buffer.alloc(64) })],
    [
      'r and s of the order',
      'mismatch',
      () => craft({ signature: () => Buffer.from(ORDER.toString(16).repeat(2), 'hex') }),
    ],
    [
      'in DER',
      'mismatch',
      () =>
        craft({ signature: (made) => Buffer.concat([Buffer.from('3044', 'hex'), made, Buffer.alloc(6)]) }),
    ],
    // The fields
    ['no Signature', 'malformed', () => changed({ signature: () => undefined })],
    ['no Signature-Input', 'malformed', () => changed({ 'signature-input': () => undefined })],
    [
      'another label',
      'malformed',
      () => changed({ signature: (value) => value.replace('lienthong', 'other') }),
    ],
    ['a label more', 'malformed', () => changed({ signature: (value) => `${value}, other=:AA==:` })],
    ['a label twice', 'malformed', () => changed({ 'signature-input': (value) => `lienthong=(), ${value}` })],
    [
      'a label twice, in both',
      'malformed',
      () =>
        changed({
          'signature-input': (value) => `${value}, ${value}`,
          signature: (value) => `${value}, ${value}`,
        }),
    ],
    ['a signature that is a string', 'malformed', () => changed({ signature: () => 'lienthong="abc"' })],
    [
      'components that are no list',
      'malformed',
      () => changed({ 'signature-input': () => 'lienthong="@method"' }),
    ],
    [
      'components that are tokens',
      'malformed',
      () => changed({ 'signature-input': () => 'lienthong=(a b);created=1' }),
    ],
    ['not a structured field', 'malformed', () => changed({ 'signature-input': () => 'lienthong=(' })],
    [
      'two for the gateway',
      'ambiguous',
      () =>
        changed({
          'signature-input': (value) => `${value}, b${value.slice('lienthong'.length)}`,
          signature: (value) => `${value}, b${value.slice('lienthong'.length)}`,
        }),
    ],
  ];
  for (const [name, reason, request] of cases) {
    const answer = await send(await request());
    refused(t, answer, 401, 'signature_invalid', name);
    t.equal(answer.body.reason, reason, `${name}: reason`);
    t.match(answer.body.errors, [{ header: /./, detail: /./ }]);
    t.match(answer.headers['accept-signature'], /^lienthong=\("@method"/);
    t.match(await rowOf(answer), { code: 'signature_invalid' }, `${name}: evidence`);
  }
});

t.test('a signature serves once', async (t) => {
  const first = await craft({});
  t.equal((await send(first)).status, 200);
  const replayed = async (request: Sent, name: string) => {
    const answer = await send(request);
    refused(t, answer, 401, 'signature_invalid', name);
    t.equal(answer.body.reason, 'replayed', name);
  };
  await replayed(first, 'again');
  const bytes = Buffer.from(first.headers.signature!.slice('lienthong=:'.length, -1), 'base64');
  const other = mirrored(bytes).toString('base64');
  await replayed(
    { ...first, headers: { ...first.headers, signature: `lienthong=:${other}:` } },
    'as (r, n − s)',
  );
  const nonce = `"${randomUUID()}"`;
  const both = await Promise.all([1, 2, 3].map(async () => send(await craft({ parameters: { nonce } }))));
  t.strictSame(both.map(({ status }) => status).sort(), [200, 401, 401], 'one of three at once');
  const row = await gateway.query('SELECT * FROM used_nonce WHERE expires_at > now()');
  t.ok(row.length > 0);
});

t.test('a replica knows the nonces of another', async (t) => {
  const replica = await startTestGateway(t, { setting: gateway });
  const request = await craft({});
  t.equal((await send(request)).status, 200);
  const answer = await replica.send(request.path, request);
  t.match(answer.body, { code: 'signature_invalid', reason: 'replayed' });
});

t.test('without a required signature', async (t) => {
  const offered = await signed(FREE);
  const answer = await send(offered);
  t.equal(answer.status, 200);
  t.ok((await rowOf(answer)).request_signature, 'one that is offered is verified and kept');
  refused(t, await send(offered), 401, 'signature_invalid', 'and may be wrong');

  const untagged = await signed(FREE);
  const foreign = {
    ...untagged.headers,
    'signature-input': untagged.headers['signature-input']!.replace(REQUEST_TAG, 'web-bot-auth'),
  };
  const passed = await send({ ...untagged, headers: foreign });
  t.equal(passed.status, 200, 'one for others is none of ours');
  t.equal((await rowOf(passed)).request_signature, null);
});

const ASK =
  'sig=("@status" "content-digest" "content-type" "x-request-id" "@method";req "@target-uri";req "content-digest";req);created;tag="lienthong-response"';

t.test('a signed answer to a signed request', async (t) => {
  const request = await signed(SIGNER, { headers: { 'accept-signature': ASK } });
  const answer = await send(request);
  t.equal(answer.status, 200, answer.text);
  t.match(answer.headers['signature-input'], /^sig=\(/, 'under the label that was asked for');
  t.match(await proven(answer, request), {
    status: 200,
    requestId: answer.headers['x-request-id'],
    covered: ASK.slice(ASK.indexOf('(') + 1, ASK.indexOf(')')).split(' '),
  });
  t.ok(isRecorded(answer, await rowOf(answer)));

  const whole = await signed(SIGNER, { headers: { 'accept-signature': 'a=()' } });
  const { covered } = await proven(await send(whole), whole);
  t.strictSame(covered, [
    ...['"@status"', '"content-digest"', '"content-type"', '"x-request-id"'],
    ...['"@method";req', '"@target-uri";req', '"content-digest";req'],
    ...['"signature-input";key="lienthong";req', '"signature";key="lienthong";req'],
  ]);
});

t.test('a signed answer proves itself only', async (t) => {
  const request = await signed(SIGNER, { headers: { 'accept-signature': 'a=()' } });
  const answer = await send(request);
  const fails = async (
    reason: string,
    name: string,
    other: Partial<Answer>,
    asked: Sent | undefined = request,
  ) => {
    const headers = { ...answer.headers, ...other.headers };
    await t.rejects(proven({ ...answer, ...other, headers }, asked), { reason } as never, name);
  };
  await fails('content_digest', 'another body', { text: answer.text.replace('data', 'dat4') });
  await fails('mismatch', 'another status', { status: 404 });
  await fails('mismatch', 'another request id', { headers: { 'x-request-id': randomUUID() } });
  await fails('mismatch', 'another request', {}, { ...request, path: '/v1/population/persons/verify' });
  await fails(
    'mismatch',
    'another signature of the request',
    {},
    { ...request, headers: { ...request.headers, signature: 'lienthong=:AAAA:' } },
  );
  await fails('content_digest', 'another body of the request', {}, { ...request, body: '{}' });
  await t.rejects(proven(answer), { reason: 'component' } as never, 'the request is needed');
  await fails('key_unknown', 'a key that is not published', {
    headers: {
      'signature-input': answer.headers['signature-input']!.replace(/keyid="[^"]*"/, 'keyid="other"'),
    },
  });
  await fails('mismatch', 'signed by the key of tokens', {
    headers: {
      'signature-input': answer.headers['signature-input']!.replace(
        /keyid="[^"]*"/,
        `keyid="${(await keySet()).keys[0]!.kid}"`,
      ),
    },
  });
});

t.test('refusals of verified callers are signed, those of others are not', async (t) => {
  const ask = { 'accept-signature': ASK };
  const absent = await signed(SIGNER, {
    headers: ask,
    body: JSON.stringify({ personalId: persons.absent[0]! }),
  });
  const answer = await send(absent);
  t.equal(answer.status, 404);
  t.match(await proven(answer, absent), { status: 404 });
  t.ok(isRecorded(answer, await rowOf(answer)));

  // Nothing of the request was verified: it is not vouched for.
  const spoiled = await changed({}, { key: stranger, headers: { 'accept-signature': 'a=()' } });
  const refusal = await send(spoiled);
  t.match(refusal.body, { code: 'signature_invalid' });
  const { covered } = await proven(refusal, spoiled);
  t.strictSame(
    covered.filter((name) => name.endsWith(';req')),
    ['"@method";req', '"@target-uri";req'],
  );

  const anonymous = await send({ ...absent, headers: { ...ask, 'content-type': 'application/json' } });
  t.equal(anonymous.status, 401);
  t.notOk(anonymous.headers.signature);
});

t.test('unasked, when the agreement says always; otherwise not', async (t) => {
  const always = await gateway.call('H31.luonluon', 'population.person.lookup', JSON.parse(body));
  t.match(always, { status: 200, headers: { signature: /^lienthong=:/ } });
  const asked = { method: 'POST', path: PERSONS, headers: {}, body };
  t.match(await proven(always, asked), { status: 200 });
  const refusal = await gateway.call('H31.luonluon', 'population.person.lookup', { personalId: '1' });
  t.match(await proven(refusal, asked), { status: 400 });

  const never = await gateway.call(FREE, 'population.person.lookup', JSON.parse(body));
  t.equal(never.status, 200);
  for (const name of ['signature', 'signature-input', 'content-digest']) t.notOk(never.headers[name], name);
  const feed = await gateway.send('/v1/changes/business', {
    headers: { authorization: `Bearer ${await gateway.token('G12.thue')}`, 'accept-signature': 'a=()' },
  });
  t.match(await proven(feed, { method: 'GET', path: '/v1/changes/business', headers: {}, body: undefined }), {
    status: 200,
  });
});

t.test('the components that a caller asks for are signed, or else the gateway’s own', async (t) => {
  const ask = async (wish: string) => {
    const answer = await gateway.call(FREE, 'population.person.lookup', JSON.parse(body), {
      'accept-signature': wish,
    });
    t.equal(answer.status, 200);
    const asked = { method: 'POST', path: PERSONS, headers: {}, body };
    await t.resolves(proven(answer, asked), wish);
    return answer.headers['signature-input']!;
  };
  const least = '("@status" "content-digest")';
  const kid = (await keySet()).keys[1]!.kid;
  t.match(
    await ask(`x=${least};created;nonce="0123456789abcdef"`),
    /^x=\("@status" "content-digest"\);created=\d+;nonce="0123456789abcdef";keyid=/,
  );
  t.match(
    await ask(`x=${least};alg="ecdsa-p256-sha256";keyid="${kid}";tag="lienthong-response"`),
    /^x=.*;alg="ecdsa-p256-sha256"/,
  );
  t.match(await ask(`bad=("@status"), y=${least}`), /^y=/, 'the second, since the first is too little');
  t.match(
    await ask('x=("@status" "content-digest" "@method";req)'),
    /^x=\("@status" "content-digest" "@method";req\)/,
  );
  const ungrantable = [
    ...[
      'x=()',
      'x=("@status")',
      'x=("@status" "content-digest" "set-cookie")',
      'x=("@status" "@status" "content-digest")',
    ],
    ...[
      'x=("@status" "content-digest" "authorization";req)',
      'x=("@status" "content-digest" "signature";req;key="a")',
    ],
    ...[
      `x=${least};alg="ed25519"`,
      `x=${least};keyid="other"`,
      `x=${least};tag="fapi-2-response"`,
      `x=${least};expires`,
    ],
    ...[
      `x=${least};nonce="short"`,
      `x=${least};created=1`,
      `x=${least};unknown`,
      'x=1',
      'x',
      '(',
      '',
      'x=(), x=()',
    ],
  ];
  for (const wish of ungrantable)
    t.match(await ask(wish), /^lienthong=\("@status" "content-digest" "content-type"/, wish);
});

t.test('a Content-Digest that an answer would vouch for is looked at', async (t) => {
  const call = (digest: string, headers = {}) =>
    gateway.call(FREE, 'population.person.lookup', JSON.parse(body), {
      'content-digest': digest,
      ...headers,
    });
  const ask = { 'accept-signature': 'a=()' };
  const answer = await call(contentDigest(body), ask);
  t.match(answer.headers['signature-input'], '"content-digest";req');
  refused(t, await call(contentDigest('{}'), ask), 401, 'signature_invalid');
  t.equal((await call(contentDigest('{}'))).status, 200, 'and only then');
});

t.test('the key that signs answers is published, beside that of tokens and apart from it', async (t) => {
  const { keys } = await keySet();
  t.equal(keys.length, 2);
  for (const key of keys) {
    t.match(key, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: /./ });
    t.notOk('d' in key);
  }
  const [message] = await gateway.query<{ kid: string }>('SELECT kid FROM message_signing_key');
  const [token] = await gateway.query<{ kid: string }>('SELECT kid FROM signing_key');
  t.strictSame(
    keys.map(({ kid }) => kid),
    [token!.kid, message!.kid],
  );
});

t.test('signing and verifying use nothing that Node deprecates', async (t) => {
  t.same(deprecated, []);
});
