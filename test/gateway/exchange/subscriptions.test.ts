/** `/v1/subscriptions` on the real gateway: who may subscribe to what, and that it is delivered and recorded. */
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { verifyDelivery } from '../../../gateway/client/verify-delivery.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { OPERATOR_TOKEN, revoke } from '../../support/operator.ts';
import type { Headers } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';
import { startReceiver, status } from '../changes/sinks/webhooks/receiver.ts';

const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-WEBHOOK-HEADERS',
      consumer: 'Z01.khac',
      requiredHeaders: ['X-Purpose', 'X-Case-Id'],
      streams: [
        { stream: 'business.changes.read', entity: 'enterprise', revision: 1, fields: ['/enterpriseCode'] },
      ],
    },
    {
      agreement: 'TT-WEBHOOK-REVOKED',
      consumer: 'Z03.het',
      streams: [
        { stream: 'business.changes.read', entity: 'enterprise', revision: 0, fields: ['/enterpriseCode'] },
      ],
    },
  ],
  systems: ['Z02.ngoai'],
  variables: {
    ...{ OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', WEBHOOK_SUBSCRIPTIONS: '3', WEBHOOK_SECONDS: '2' },
    OPERATOR_TOKEN,
  },
});
const TAX = 'G12.thue';

interface Subscription {
  id: string;
  state: string;
  reason: string | null;
  [member: string]: unknown;
}

async function ask(
  method: string,
  path: string,
  {
    system = TAX,
    body,
    scope,
    headers,
  }: { system?: string; body?: object; scope?: string; headers?: Headers } = {},
) {
  const answer = await gateway.send(`/v1/subscriptions${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await gateway.token(system, scope)}`,
      ...(system === TAX && { 'x-purpose': 'quan-ly-thue' }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { ...answer, data: answer.body.data as Subscription };
}

let version = 100;
async function push(): Promise<void> {
  const state = samples().enterprises.present[0]!;
  const found = await gateway.call(TAX, 'business.enterprise.lookup', { enterpriseCode: state });
  const record = found.body.data as Record<string, unknown>;
  t.equal(found.status, 200);
  version += 1;
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', {
    changes: [
      {
        ...{ entity: 'enterprise', subject: state, version, operation: 'updated' },
        ...{ occurredAt: '2026-03-01T08:00:00+07:00', changedFields: ['/name'] },
        data: { ...record, name: `Công ty ${version}` },
      },
    ],
  });
  t.equal(answer.status, 201, answer.text);
}

t.test('subscribe, receive, pause, resume, delete; each with its evidence', async (t) => {
  const receiver = await startReceiver(t);
  const made = await ask('POST', '', { body: { url: receiver.url, registry: 'business' } });
  t.match(made, { status: 201, headers: { location: /^\/v1\/subscriptions\/[0-9a-f-]{36}$/ } }, made.text);
  const { id } = made.data;
  t.match(made.data, {
    ...{ registry: 'business', entities: null, url: receiver.url, state: 'active', reason: null },
    ...{ sequence: 0, failing: null, deadLetters: 0, lastDeliveryAt: null },
  });
  const [evidence] = await gateway.evidence(made.body.meta!.requestId);
  t.match(evidence, {
    kind: 'subscription',
    system: TAX,
    reason: 'created',
    status: 201,
    purpose: 'quan-ly-thue',
  });
  t.equal(evidence!.service, 'business.changes.read');

  await push();
  await until(() => receiver.events.length === 1);
  const jwks = await (await fetch(`${gateway.url}/oauth2/jwks`)).json();
  for (const delivery of [...receiver.challenges, ...receiver.deliveries])
    t.match(verifyDelivery(delivery, jwks as never), { subscription: id });
  const delivered = (await gateway.evidence()).filter(
    ({ kind, system }) => kind === 'delivery' && system === TAX,
  );
  t.equal(delivered.length, 1);
  await until(async () => (await ask('GET', `/${id}`)).data.sequence === 1);

  t.match(await ask('POST', `/${id}/pause`), { status: 200, data: { state: 'paused' } });
  t.match(await ask('POST', `/${id}/resume`), { status: 200, data: { state: 'active' } });
  await push();
  await until(() => receiver.events.length === 2);
  t.match(await ask('GET', ''), { status: 200, body: { data: [{ id, state: 'active' }] } });
  const gone = await ask('DELETE', `/${id}`);
  t.match(gone, { status: 200, data: { id, state: 'ended', reason: 'deleted' } });
  for (const again of [await ask('DELETE', `/${id}`), await ask('POST', `/${id}/resume`)])
    t.match(again, { status: 409, body: { code: 'subscription_ended' } });
  const words = (await gateway.evidence())
    .filter(({ kind }) => kind === 'subscription')
    .map(({ reason }) => reason);
  t.same(words, ['created', 'paused', 'resumed', 'deleted']);
});

t.test('subscriptions that are refused', async (t) => {
  const receiver = await startReceiver(t);
  const body = { url: receiver.url, registry: 'business' };
  const cases: [name: string, asking: Parameters<typeof ask>[2], status: number, code: string][] = [
    ['a registry without changes', { body: { ...body, registry: 'weather' } }, 400, 'contract_violation'],
    ['an entity that is not granted', { body: { ...body, entities: ['parcel'] } }, 400, 'contract_violation'],
    ['no address', { body: { registry: 'business' } }, 400, 'contract_violation'],
    ['something else too', { body: { ...body, secret: 'x' } }, 400, 'contract_violation'],
    [
      'an address too long',
      { body: { ...body, url: `https://a.test/${'x'.repeat(2050)}` } },
      400,
      'contract_violation',
    ],
    ['a fragment', { body: { ...body, url: `${receiver.url}#x` } }, 400, 'contract_violation'],
    ['plain http elsewhere', { body: { ...body, url: 'http://example.gov.vn/' } }, 400, 'contract_violation'],
    ['a private network', { body: { ...body, url: 'https://10.0.0.1/' } }, 400, 'contract_violation'],
    [
      'the metadata of a cloud',
      { body: { ...body, url: 'https://169.254.169.254/' } },
      400,
      'contract_violation',
    ],
    [
      'a user in the address',
      { body: { ...body, url: 'https://a:b@example.gov.vn/' } },
      400,
      'contract_violation',
    ],
    ['another scheme', { body: { ...body, url: 'file:///etc/passwd' } }, 400, 'contract_violation'],
    ['no agreement', { system: 'Z02.ngoai', body }, 403, 'no_agreement'],
    ['another purpose', { body, headers: { 'x-purpose': 'khac' } }, 403, 'purpose_not_granted'],
    ['another scope', { body, scope: 'business.enterprise.lookup' }, 403, 'insufficient_scope'],
    ['headers that the agreement requires', { system: 'Z01.khac', body }, 400, 'header_missing'],
  ];
  for (const [name, asking, expected, code] of cases) {
    const answer = await ask('POST', '', asking);
    t.match(answer, { status: expected, body: { code } }, `${name}: ${answer.text}`);
  }
  t.equal(receiver.challenges.length, 0, 'nobody was called');
  receiver.answerChallenge = status(200);
  const unverified = await ask('POST', '', { body });
  t.match(unverified, { status: 422, body: { code: 'endpoint_unverified', reason: 'challenge' } });
  t.match(await gateway.evidence(unverified.body.requestId), [
    { kind: 'refusal', code: 'endpoint_unverified' },
  ]);
  t.match(await gateway.send('/v1/subscriptions'), { status: 401, body: { code: 'token_missing' } });
  for (const path of ['/x', '/00000000-0000-4000-8000-000000000000'])
    t.match(await ask('GET', path), { status: 404, body: { code: 'subscription_unknown' } });
  t.match((await ask('GET', '')).body.data, [{ state: 'ended' }], 'none of these was made');
});

t.test('its owner sees it, and may end it, when no agreement is in force any more', async (t) => {
  const receiver = await startReceiver(t);
  const system = 'Z03.het';
  const headers = { 'x-purpose': 'thu-nghiem' };
  const made = await ask('POST', '', { system, headers, body: { url: receiver.url, registry: 'business' } });
  t.equal(made.status, 201, made.text);
  const revocation = await revoke(gateway, 'agreement', 'TT-WEBHOOK-REVOKED');
  t.equal(revocation.status, 201);
  const path = `/${made.data.id}`;
  await until(async () => (await ask('GET', path, { system, headers })).data.state === 'ended');
  t.match(await ask('GET', path, { system, headers }), {
    status: 200,
    data: { reason: 'agreement_revoked' },
  });
  t.match((await ask('GET', '', { system, headers })).body.data, [{ id: made.data.id }]);
  t.match(await ask('DELETE', path, { system, headers }), {
    status: 409,
    body: { code: 'subscription_ended' },
  });
});

t.test('another system has no part in it; a token without the scope does not see it', async (t) => {
  const receiver = await startReceiver(t);
  const { data } = await ask('POST', '', { body: { url: receiver.url, registry: 'business' } });
  const other = { system: 'Z01.khac', headers: { 'x-purpose': 'khac', 'x-case-id': 'HS-1' } };
  for (const [method, path] of [
    ['GET', `/${data.id}`],
    ['POST', `/${data.id}/pause`],
    ['POST', `/${data.id}/resume`],
    ['DELETE', `/${data.id}`],
  ] as const) {
    t.match(await ask(method, path, other), { status: 404, body: { code: 'subscription_unknown' } });
    const scope = 'business.enterprise.lookup';
    t.match(await ask(method, path, { scope }), { status: 403, body: { code: 'insufficient_scope' } });
  }
  t.same((await ask('GET', '', other)).body.data, []);
  t.match(await ask('PUT', `/${data.id}`), { status: 405 });

  const more = [1, 2, 3].map(() => ask('POST', '', { body: { url: receiver.url, registry: 'business' } }));
  const statuses = (await Promise.all(more)).map((answer) => answer.status);
  t.same(statuses.sort(), [201, 201, 409], 'as many as it may have');

  const response = await revoke(gateway, 'system', TAX);
  t.equal(response.status, 201);
  await until(async () => {
    const rows = await gateway.query<{ reason: string }>(
      `SELECT reason FROM subscription WHERE system = '${TAX}' AND reason <> 'deleted'`,
    );
    return rows.length === 3 && rows.every(({ reason }) => reason === 'system_revoked');
  });
});
