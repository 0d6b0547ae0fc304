/** `/admin/revocations`, and two gateways on one database that follow it. */
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { askOperators, decision, OPERATOR_TOKEN } from '../../support/operator.ts';
import { layOut } from '../../support/setting.ts';
import { until } from '../../support/until.ts';

const code = samples().enterprises.present[0]!;
const setting = await layOut(t, { variables: { OPERATOR_TOKEN } });
// The first is where PUBLIC_URL says.
const { PORT = '' } = setting.variables;
const one = await startTestGateway(t, { setting, variables: { PORT } });
const two = await startTestGateway(t, { setting });

const admin = (method: string, path: string, body?: object | string, token?: string) =>
  askOperators(one, method, path, body, token);

const call = (gateway: TestGateway) =>
  gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode: code });

t.test('nobody but an operator', async (t) => {
  for (const token of ['', 'x', `${OPERATOR_TOKEN}x`, OPERATOR_TOKEN.slice(0, -1), `${OPERATOR_TOKEN} x`]) {
    for (const [method, path] of [
      ['GET', 'revocations'],
      ['POST', 'revocations'],
      ['DELETE', 'revocations/1'],
      ['GET', 'x'],
    ] as const) {
      const answer = await admin(method, path, method === 'GET' ? undefined : '{', token);
      t.match(answer, { status: 401, body: { code: /^token_(missing|invalid)$/ } }, `${method} ${token}`);
      t.match(answer.headers.get('www-authenticate'), /^Bearer realm="lienthong operators"/);
    }
  }
  t.equal((await admin('GET', 'x')).status, 404);
  t.equal(
    (await one.send('/admin/revocations', { headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } })).status,
    404,
    'never on the agencies’ port',
  );
  const without = await startTestGateway(t, { setting, variables: { OPERATOR_TOKEN: '' } });
  const answer = await fetch(`${without.operationsUrl}/admin/revocations`, {
    headers: { authorization: 'Bearer ' },
  });
  t.equal(answer.status, 404, 'none without a token in the configuration');
});

t.test('things that cannot be revoked', async (t) => {
  const cases: [name: string, body: object | string, code: string][] = [
    ['not JSON', '{', 'malformed_json'],
    ['a member twice', '{"kind":"system","kind":"system"}', 'malformed_json'],
    ['nothing', {}, 'contract_violation'],
    ['no reason', { kind: 'system', value: 'G12.thue', by: 'x' }, 'contract_violation'],
    ['another kind', { kind: 'person', value: 'x', ...decision }, 'contract_violation'],
    ['more than that', { kind: 'system', value: 'G12.thue', ...decision, x: 1 }, 'contract_violation'],
    ['a system that is none', { kind: 'system', value: 'G12.thu', ...decision }, 'contract_violation'],
    ['an agency that is none', { kind: 'agency', value: 'Z99', ...decision }, 'contract_violation'],
    ['an agreement that is none', { kind: 'agreement', value: 'TT-0', ...decision }, 'contract_violation'],
    ['a key that is no thumbprint', { kind: 'key', value: 'abc', ...decision }, 'contract_violation'],
  ];
  for (const [name, body, expected] of cases) {
    const answer = await admin('POST', 'revocations', body);
    t.match(answer, { status: 400, body: { code: expected } }, name);
  }
  // What is no text: by JSON's escapes, as nothing else lets all of it through.
  for (const [member, text] of [
    ['value', 'a\\u0000b'],
    ['value', 'ab\\ud800'],
    ['by', 'x\\u0000'],
    ['by', '\\udc00x'],
    ['reason', '\\u0000'],
    ['reason', '\\ude00\\ud83d'],
    ['reason', 'x\\uffff'],
    ['kind', 'token\\u0000'],
  ] as const) {
    const fields = { kind: 'token', value: 'jti', ...decision, [member]: '' };
    const body = JSON.stringify(fields).replace(`"${member}":""`, `"${member}":"${text}"`);
    const expected = {
      status: 400,
      body: { code: 'contract_violation', errors: [{ pointer: `/${member}` }] },
    };
    t.match(await admin('POST', 'revocations', body), expected, `${member} ${text}`);
    if (member !== 'by' && member !== 'reason') continue;
    const lifting = JSON.stringify({ ...decision, [member]: '' }).replace(
      `"${member}":""`,
      `"${member}":"${text}"`,
    );
    t.match(await admin('DELETE', 'revocations/1', lifting), expected, `lifting, ${member} ${text}`);
  }
  t.match(await admin('DELETE', 'revocations/4711', decision), { status: 404 });
  t.match(await admin('DELETE', 'revocations/x', decision), { status: 404 });
  t.same((await admin('GET', 'revocations')).body, { data: [] });
});

t.test('a system is out on both gateways, with its remembered token, and comes back', async (t) => {
  for (const gateway of [one, two]) t.equal((await call(gateway)).status, 200);
  const { status, body } = await admin('POST', 'revocations', {
    kind: 'system',
    value: 'G12.thue',
    ...decision,
  });
  t.match(
    { status, body },
    { status: 201, body: { id: Number, kind: 'system', value: 'G12.thue', ...decision } },
  );
  const answer = await call(one);
  refused(t, answer, 401, 'token_invalid', 'here at once');
  t.equal(answer.body.reason, 'revoked');
  t.match(await one.evidence(answer.headers['x-request-id']), [
    { kind: 'refusal', system: 'G12.thue', code: 'token_invalid', reason: 'revoked' },
  ]);
  await until(async () => (await call(two)).status === 401);
  t.equal(
    (await admin('POST', 'revocations', { kind: 'system', value: 'G12.thue', ...decision })).status,
    200,
    'already',
  );
  t.match((await admin('GET', 'revocations')).body, { data: [{ id: body.id }] });
  t.match(await admin('DELETE', `revocations/${body.id}`, decision), {
    status: 200,
    body: { lifted: decision },
  });
  t.equal((await call(one)).status, 200);
  await until(async () => (await call(two)).status === 200);
  t.match(
    (await one.evidence()).filter(({ kind }) => kind === 'revocation'),
    [
      {
        agency: 'G12',
        system: 'G12.thue',
        service: 'admin.revocations.revoke',
        status: 201,
        reason: 'system',
      },
      { agency: 'G12', system: 'G12.thue', service: 'admin.revocations.lift', status: 200, reason: 'system' },
    ],
    'both are evidence, once',
  );
});

t.test('an agreement is out', async (t) => {
  const [grant] = setting.catalog.grants.get('G12.thue')!.get('business.enterprise.lookup@1')!;
  const { number } = grant!.agreement;
  const { body } = await admin('POST', 'revocations', { kind: 'agreement', value: number, ...decision });
  const answer = await call(one);
  refused(t, answer, 403, 'agreement_revoked');
  t.equal(answer.body.agreement, number);
  t.ok(answer.body.legalBasis!.length > 0);
  await until(async () => (await call(two)).status === 403);
  await admin('DELETE', `revocations/${body.id}`, decision);
  t.equal((await call(one)).status, 200);
});

t.test('an agency is named in either form', async (t) => {
  const { status, body } = await admin('POST', 'revocations', {
    kind: 'agency',
    value: '000.00.00.G12',
    ...decision,
  });
  t.match({ status, body }, { status: 201, body: { value: 'G12' } });
  t.equal((await call(one)).status, 401);
  await admin('DELETE', `revocations/${body.id}`, decision);
});

t.test('a text beyond ASCII is stored as it is given', async (t) => {
  const given = {
    kind: 'token',
    value: 'mã\n\u{1f6d1}\ufffd\u{10fffd}',
    by: 'Sở\tNội vụ',
    reason: '\u007f "\\',
  };
  const { status, body } = await admin('POST', 'revocations', given);
  t.match({ status, body }, { status: 201, body: given });
  t.match((await admin('GET', 'revocations')).body, { data: [given] });
  t.equal((await admin('DELETE', `revocations/${body.id}`, decision)).status, 200);
});
