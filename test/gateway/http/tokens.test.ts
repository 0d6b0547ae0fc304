import { generateKeyPairSync, randomUUID } from 'node:crypto';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { signAssertion } from '../../../gateway/client/client.ts';
import { ASSERTION_TYPE } from '../../../gateway/identity/clients/assertion-type.ts';
import { openPool } from '../../../gateway/store/pool.ts';
import { refused } from '../../support/answer.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { leaks } from '../../support/leaks.ts';
import { foreignTokens } from '../identity/support/foreign-tokens.ts';
import { forge, type Kit } from '../identity/support/forgeries.ts';
import { forgeries } from '../identity/support/forgery-table.ts';
import { stolenSigningKey } from '../identity/support/identity.ts';

const personalId = samples().persons.present[0]!;
const gateway = await startTestGateway(t);
const desk = {
  'content-type': 'application/json',
  'x-purpose': 'dich-vu-cong',
  'x-case-id': 'H26.11-261122-0001',
  'x-officer-id': 'CB001',
};
const sent: string[] = [];

function lookUp(authorization: string | undefined) {
  if (authorization) sent.push(authorization.split(' ').at(-1)!);
  return gateway.send('/v1/population/persons/lookup', {
    method: 'POST',
    headers: { ...desk, authorization },
    body: JSON.stringify({ personalId }),
  });
}

/** The gateway's own signing key, which only a holder of the master key can read, and with which tokens can be forged. */
async function kitOf(): Promise<Kit> {
  const pool = openPool({ url: gateway.databaseUrl, name: 'test', max: 1, onIdleError: () => {} });
  const { kid, privateKey } = await stolenSigningKey(pool, gateway.masterKey);
  await pool.end();
  const seconds = Math.floor(Date.now() / 1000);
  return {
    header: { alg: 'ES256', typ: 'at+jwt', kid },
    claims: {
      iss: gateway.publicUrl,
      aud: gateway.publicUrl,
      sub: 'H26.motcua',
      client_id: 'H26.motcua',
      scope: 'population.person.lookup',
      agency: 'H26',
      client_key: 'thumbprint',
      jti: randomUUID(),
      iat: seconds,
      exp: seconds + 300,
    },
    privateKey,
    strangerKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  };
}

t.test('tokens that are none of the gateway’s, or no longer, or not yet', async (t) => {
  const population = controlOf(gateway, 'population');
  const kit = await kitOf();
  const seconds = Number(kit.claims.iat);
  t.equal((await lookUp(`Bearer ${forge(kit)}`)).status, 200, 'the test writes tokens as the gateway does');
  await population.forget();
  const rows = (await gateway.evidence()).length;

  const timely: [string, string][] = [
    ['expired a second ago', forge(kit, { claims: { iat: seconds - 300, exp: seconds - 1 } })],
    ['not valid for two minutes', forge(kit, { claims: { nbf: seconds + 120 } })],
    ['an agency that is not the system’s', forge(kit, { claims: { agency: 'G12' } })],
    ['a system that is not registered', forge(kit, { claims: { sub: 'H26.none', client_id: 'H26.none' } })],
    ['lives longer than tokens do', forge(kit, { claims: { exp: seconds + 301 } })],
    ['not a JWT', 'abc'],
    ['very long', 'a'.repeat(12_000)],
    ['a personal number', personalId],
  ];
  // A header cannot hold a line feed at its end, and none is longer than 16 KiB.
  const written = [...forgeries, ...foreignTokens].map(([name, write]) => [name, write(kit)] as const);
  const sendable = written.filter(
    ([, token]) => /^[\x20-\x7e]+$/.test(token) && token.trim() === token && token.length < 14_000,
  );
  t.ok(sendable.length >= 150, `${sendable.length} forged tokens`);
  t.equal(new Set(sendable.map(([, token]) => token)).size, sendable.length, 'each another');
  for (const [name, token] of [...timely, ...sendable]) {
    const answer = await lookUp(`Bearer ${token}`);
    refused(t, answer, 401, 'token_invalid', name);
    t.match(
      answer.headers['www-authenticate'],
      /^Bearer realm="lienthong", error="invalid_token", error_description="[a-z0-9 -]+", resource_metadata="[^"]+"$/i,
      `${name}: challenge`,
    );
  }
  t.equal((await population.stats()).requests, 0, 'no registry was asked');
  t.equal((await gateway.evidence()).length, rows, 'no evidence: nobody without a key fills the log');
});

t.test('no token at all', async (t) => {
  const located = `resource_metadata="${gateway.publicUrl}/.well-known/oauth-protected-resource"`;
  for (const authorization of [undefined, 'Bearer', 'Bearer ', 'Basic YTpi', 'DPoP', 'DPoP ', 'x']) {
    const answer = await lookUp(authorization);
    refused(t, answer, 401, 'token_missing', String(authorization));
    t.equal(
      answer.headers['www-authenticate'],
      `Bearer realm="lienthong", ${located}, DPoP realm="lienthong", algs="ES256 EdDSA Ed25519 PS256", ${located}`,
    );
  }
});

t.test('the token is asked for before the body is read', async (t) => {
  const answer = await gateway.send('/v1/population/persons/lookup', {
    method: 'POST',
    headers: { ...desk, 'content-type': 'text/plain' },
    body: 'x'.repeat(100_000),
  });
  refused(t, answer, 401, 'token_missing');
});

t.test('refusals without a caller are counted by source, code and minute', async (t) => {
  const missing = async () => {
    const { text } = await gateway.operations('/metrics');
    return Number(/^lienthong_refusals_total\{code="token_missing"\} (\d+)/m.exec(text)?.[1] ?? 0);
  };
  const before = await missing();
  await lookUp(undefined);
  t.equal(await missing(), before + 1);
});

t.test('a token for less than the agreement grants', async (t) => {
  const token = await gateway.token('H26.motcua', 'land.parcel.lookup');
  sent.push(token);
  const answer = await lookUp(`Bearer ${token}`);
  refused(t, answer, 403, 'insufficient_scope');
  t.match(
    answer.headers['www-authenticate'],
    /error="insufficient_scope", scope="population\.person\.lookup", resource_metadata="[^"]+"$/,
  );
  t.match(answer.body, { agreement: 'TT-2026-H26-01', legalBasis: [/278\/2025/] });
  t.match(await gateway.evidence(answer.body.requestId), [
    { kind: 'refusal', code: 'insufficient_scope', system: 'H26.motcua', status: 403, subjects: [] },
  ]);
});

t.test('the token endpoint', async (t) => {
  const privateJwk = await gateway.privateKey('H26.motcua');
  const assertion = (over: object = {}) =>
    signAssertion({ issuer: gateway.publicUrl, clientId: 'H26.motcua', privateJwk, at: Date.now(), ...over });
  const ask = async (members: Record<string, string>) => {
    const answer = await gateway.send('/oauth2/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: ASSERTION_TYPE,
        ...members,
      }).toString(),
    });
    if (typeof answer.body.access_token === 'string') sent.push(answer.body.access_token);
    return answer;
  };
  const once = await assertion();
  sent.push(once);
  t.match(await ask({ client_assertion: once }), { status: 200, body: { expires_in: 300 } });
  t.match(
    await ask({ client_assertion: once }),
    { status: 401, body: { error: 'invalid_client' } },
    'replayed',
  );
  const both = await assertion();
  const [one, other] = await Promise.all([ask({ client_assertion: both }), ask({ client_assertion: both })]);
  t.same([one.status, other.status].sort(), [200, 401], 'sent twice at once: accepted once');

  const cases: [name: string, members: Record<string, string>, status: number, error: string][] = [
    [
      'for another issuer',
      { client_assertion: await assertion({ issuer: 'http://other' }) },
      401,
      'invalid_client',
    ],
    [
      'of another client',
      { client_assertion: await assertion({ clientId: 'G12.thue' }) },
      401,
      'invalid_client',
    ],
    ['of nobody', { client_assertion: await assertion({ clientId: 'H99.none' }) }, 401, 'invalid_client'],
    ['long ago', { client_assertion: await assertion({ at: Date.now() - 600_000 }) }, 401, 'invalid_client'],
    [
      'in the future',
      { client_assertion: await assertion({ at: Date.now() + 600_000 }) },
      401,
      'invalid_client',
    ],
    ['a number', { client_assertion: personalId }, 401, 'invalid_client'],
    [
      'an unknown scope',
      { client_assertion: await assertion(), scope: `x.${personalId}` },
      400,
      'invalid_scope',
    ],
  ];
  for (const [name, members, status, error] of cases) {
    const answer = await ask(members);
    t.match(answer, { status, body: { error }, headers: { 'cache-control': 'no-store' } }, name);
  }
  const { text } = await gateway.operations('/metrics');
  t.match(text, /^lienthong_refusals_total\{code="token_refused"\} 9$/m, 'each refusal is counted');
});

t.test('no token, assertion or number shows in a refusal, a header, the log or a metric', async (t) => {
  const secrets = sent.filter((token) => token.length > 20);
  t.ok(secrets.length > 80);
  const signatures = secrets.map((token) => token.split('.')[2] ?? '').filter((text) => text.length > 20);
  const shown = await leaks(gateway, [personalId, ...secrets, ...signatures]);
  // The token endpoint's own answers carry the tokens that it issues.
  t.same(
    shown.filter((line) => !line.startsWith('{"access_token":')),
    [],
  );
});
