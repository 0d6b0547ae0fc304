/**
 * The endpoints of clients before two whole gateways on one database: evidence of what they refuse, tokens that their
 * clients give up, and where the gateway describes itself.
 */
import { decodeJwt } from 'jose';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { signAssertion } from '../../../gateway/client/client.ts';
import { ASSERTION_TYPE } from '../../../gateway/identity/clients/assertion-type.ts';
import type { Answer } from '../../support/answer.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { askOperators, decision, OPERATOR_TOKEN, revoke } from '../../support/operator.ts';
import { layOut } from '../../support/setting.ts';
import { until } from '../../support/until.ts';

const LOOKUP = 'business.enterprise.lookup';
const path = `/v1/business/enterprises/${samples().enterprises.present[0]!}`;
const services = [{ service: `${LOOKUP}@1`, revision: 1, fields: ['/name'] }];
const setting = await layOut(t, {
  agreements: [
    { agreement: 'TT-K01-01', consumer: 'K01.dung', services },
    {
      agreement: 'TT-K01-02',
      consumer: 'K01.het',
      services,
      validFrom: '2020-01-01',
      validUntil: '2020-12-31',
    },
    {
      agreement: 'TT-K01-03',
      consumer: 'K01.sap',
      services,
      validFrom: '2098-01-01',
      validUntil: '2098-12-31',
    },
    { agreement: 'TT-K01-04', consumer: 'K01.thuhoi', services },
    {
      ...{ agreement: 'TT-K01-05', consumer: 'K01.ky', services },
      signatures: { requests: 'required', responses: 'on-request' },
    },
  ],
  variables: { OPERATOR_TOKEN },
});
const { PORT = '' } = setting.variables;
const one = await startTestGateway(t, { setting, variables: { PORT } });
const two = await startTestGateway(t, { setting });

async function form(system: string, parameters: Record<string, string>): Promise<string> {
  const privateJwk = await setting.privateKey(system);
  const assertion = await signAssertion({
    ...{ issuer: setting.publicUrl, clientId: system, privateJwk, at: Date.now() },
  });
  return new URLSearchParams({
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    ...parameters,
  }).toString();
}

const post = (gateway: TestGateway, address: string, body: string, headers: Record<string, string> = {}) =>
  gateway.send(address, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });
const ask = async (system: string, scope?: string, headers?: Record<string, string>) =>
  post(
    one,
    '/oauth2/token',
    await form(system, { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
    headers,
  );
const read = (gateway: TestGateway, token: unknown, address = path): Promise<Answer> =>
  gateway.send(address, { headers: { authorization: `Bearer ${token}`, 'x-purpose': 'thu-nghiem' } });

t.test('a scope is issued only where an agreement is in force; the refusal is evidence', async (t) => {
  const revoked = await revoke(one, 'agreement', 'TT-K01-04');
  t.equal(revoked.status, 201);
  const cases = [
    ['H29.thu', 'no_agreement', undefined, 'Nghị định 194/2025/NĐ-CP, Điều 16'],
    ['K01.het', 'agreement_expired', 'TT-K01-02', 'Nghị định 278/2025/NĐ-CP'],
    ['K01.sap', 'agreement_not_yet_valid', 'TT-K01-03', 'Nghị định 278/2025/NĐ-CP'],
    ['K01.thuhoi', 'agreement_revoked', 'TT-K01-04', 'Nghị định 278/2025/NĐ-CP'],
  ] as const;
  for (const [system, code, agreement, basis] of cases) {
    const answer = await ask(system, LOOKUP, { 'accept-language': 'en' });
    t.match(answer, {
      status: 400,
      headers: { 'cache-control': 'no-store', 'content-type': /^application\/json/ },
      body: { error: 'invalid_scope', code, agreement, legalBasis: [basis], detail: /\w/ },
    });
    t.equal(answer.body.requestId, answer.headers['x-request-id']);
    t.match(await one.evidence(answer.headers['x-request-id']), [
      {
        ...{ kind: 'refusal', service: 'oauth2.token', agency: system.split('.')[0], system, status: 400 },
        ...{ code: 'invalid_scope', reason: code, agreement: agreement ?? null, legal_basis: [basis] },
        key_thumbprint: (await setting.privateKey(system)).kid,
      },
    ]);
    // Without a scope a token is issued for what is left, and the call is refused on the same ground.
    const { body } = await ask(system);
    t.equal(body.scope, undefined, system);
    const refused = await read(one, body.access_token);
    t.match(refused, { status: 403, body: { code, legalBasis: [basis] } }, system);
    t.match(await one.evidence(refused.headers['x-request-id']), [{ kind: 'refusal', code }]);
    t.equal((await read(one, body.access_token, '/v1/catalog/services')).status, 200, 'its own catalogue');
  }
  t.match(await ask('K01.dung', `${LOOKUP} population.person.lookup`), {
    status: 200,
    body: { scope: LOOKUP },
  });
});

t.test('a client revokes its own token: on both gateways, with its evidence', async (t) => {
  const { body } = await ask('K01.dung');
  const token = String(body.access_token);
  for (const gateway of [one, two]) t.equal((await read(gateway, token)).status, 200);
  const revoke = async (system: string, gateway = one) =>
    post(gateway, '/oauth2/revoke', await form(system, { token, token_type_hint: 'access_token' }));

  const stranger = await revoke('G12.thue');
  t.match(stranger, { status: 400, body: { error: 'invalid_grant' } });
  t.match(await one.evidence(stranger.headers['x-request-id']), [
    { kind: 'refusal', service: 'oauth2.revoke', system: 'G12.thue', reason: 'token_of_another' },
  ]);
  t.equal((await read(one, token)).status, 200, 'another client’s request changes nothing');

  const answer = await revoke('K01.dung');
  t.match(answer, { status: 200, text: '' });
  const jti = decodeJwt(token).jti!;
  t.match(await one.evidence(answer.headers['x-request-id']), [
    {
      ...{ kind: 'revocation', service: 'oauth2.revoke', agency: 'K01', system: 'K01.dung', status: 200 },
      ...{ reason: 'token', token_id: jti, request_digest: Buffer },
    },
  ]);
  t.match(await read(one, token), { status: 401, body: { code: 'token_invalid', reason: 'revoked' } });
  await until(async () => (await read(two, token)).status === 401);
  t.equal((await revoke('K01.dung', two)).status, 200, 'once more, and elsewhere');
  t.match(
    await one.query('SELECT by, reason FROM revocation WHERE kind = $1 AND value = $2', ['token', jti]),
    [{ by: 'K01.dung', reason: /its own client/ }],
  );
  const listed = async (query: string) => {
    type List = { data?: { value: string }[] };
    const { status, body } = await askOperators<List>(one, 'GET', `revocations${query}`);
    return { status, values: (body.data ?? []).map(({ value }) => value) };
  };
  const decisions = await listed('');
  t.ok(decisions.values.includes('TT-K01-04'), 'an operator’s decision is listed');
  t.notOk(decisions.values.includes(jti), 'a token of its own client is not');
  t.same(await listed('?tokens=false'), decisions);
  t.same(await listed('?tokens=true'), { status: 200, values: [jti] });
  t.equal((await listed('?tokens=x')).status, 400);
  const rows = await one.evidence();
  t.equal(rows.filter(({ kind, token_id }) => kind === 'revocation' && token_id === jti).length, 1);
  t.equal((await read(one, (await ask('K01.dung')).body.access_token)).status, 200, 'the next one is good');

  const decide = () => askOperators(one, 'POST', 'revocations', { kind: 'token', value: jti, ...decision });
  t.match(
    await decide(),
    { status: 201, body: { value: jti, ...decision } },
    'an operator decides on a token that was given up',
  );
  t.equal((await decide()).status, 200, 'once');
  t.ok((await listed('')).values.includes(jti), 'which is listed then');
  t.same(await listed('?tokens=true'), { status: 200, values: [] });
  t.same(
    (await one.evidence())
      .filter(({ kind, token_id }) => kind === 'revocation' && token_id === jti)
      .map(({ service }) => service),
    ['oauth2.revoke', 'admin.revocations.revoke'],
    'and recorded',
  );
  t.equal((await read(one, token)).status, 401);
  t.equal((await revoke('K01.dung', two)).status, 200);
  t.ok((await listed('')).values.includes(jti), 'the client’s own revocation changes nothing of it');
});

t.test('without its evidence nothing is revoked, and nothing is refused in silence', async (t) => {
  const { body } = await ask('K01.dung');
  const token = String(body.access_token);
  await one.query(`CREATE FUNCTION refuse_evidence() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no'; END $$`);
  await one.query(`CREATE TRIGGER refuse_evidence BEFORE INSERT ON evidence
    FOR EACH ROW WHEN (NEW.service LIKE 'oauth2.%') EXECUTE FUNCTION refuse_evidence()`);
  const unavailable = {
    status: 503,
    body: { error: 'temporarily_unavailable' },
    headers: { 'retry-after': '1' },
  };
  t.match(await post(one, '/oauth2/revoke', await form('K01.dung', { token })), unavailable);
  t.match(await ask('H29.thu', LOOKUP), unavailable);
  await one.query('DROP TRIGGER refuse_evidence ON evidence');
  t.equal((await read(one, token)).status, 200, 'still in force');
  t.same(await one.query('SELECT 1 FROM revocation WHERE value = $1', [decodeJwt(token).jti]), []);
  t.equal((await post(one, '/oauth2/revoke', await form('K01.dung', { token }))).status, 200, 'tried again');
  t.equal((await read(one, token)).status, 401);
});

t.test('every 401 says how to authenticate, and where the resource is described', async (t) => {
  const { body } = await ask('K01.dung');
  const metadata = `${setting.publicUrl}/.well-known/oauth-protected-resource`;
  const location = new RegExp(`resource_metadata="${metadata.replaceAll('.', '\\.')}"$`);
  const unauthorised: Record<string, Answer> = {
    'no token': await one.send(path),
    'no token, own catalogue': await one.send('/v1/catalog/services'),
    'no token, feed': await one.send('/v1/changes/business'),
    'a bad token': await read(one, 'x'),
    'DPoP without a proof': await one.send(path, { headers: { authorization: `DPoP ${body.access_token}` } }),
    'an unsigned request': await read(one, (await ask('K01.ky')).body.access_token),
  };
  for (const [name, answer] of Object.entries(unauthorised)) {
    t.equal(answer.status, 401, name);
    t.match(answer.headers['www-authenticate'], /^(Bearer|DPoP) realm="lienthong"/, name);
    t.match(answer.headers['www-authenticate'], location, name);
  }
  for (const address of ['/oauth2/token', '/oauth2/revoke']) {
    const answer = await post(one, address, 'grant_type=client_credentials&token=x');
    t.match(answer, { status: 401, body: { error: 'invalid_client' } }, address);
    t.match(answer.headers['www-authenticate'], /^Bearer realm="lienthong", error="invalid_client"/, address);
  }
  const described = await one.send(new URL(metadata).pathname);
  t.match(described.body, { resource: setting.publicUrl, authorization_servers: [setting.publicUrl] });
});
