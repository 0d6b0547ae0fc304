/** The receiver of docs/agencies/webhooks.md, as it stands there, with the real gateway; and the commands around it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { startReceiver } from '../gateway/changes/sinks/webhooks/receiver.ts';
import { startTestGateway } from '../support/gateway.ts';
import { OPERATOR_TOKEN } from '../support/operator.ts';
import { startNode } from '../support/process.ts';
import { until } from '../support/until.ts';
import { blocksOf } from './support/markdown.ts';

const script = fileURLToPath(new URL('../../gateway/lienthong.js', import.meta.url));
const gateway = await startTestGateway(t, {
  variables: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', OPERATOR_TOKEN },
});
const blocks = await blocksOf('docs/agencies/webhooks.md');
const blockOf = (kind: string) => blocks.find(({ words }) => words[0] === kind)!.text;
const code = samples().enterprises.present[0]!;

async function subscribe(url: string): Promise<string> {
  const asked = { ...JSON.parse(blockOf('subscription')), url };
  const answer = await gateway.send('/v1/subscriptions', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await gateway.token('G12.thue')}`,
      'x-purpose': 'quan-ly-thue',
      'content-type': 'application/json',
    },
    body: JSON.stringify(asked),
  });
  t.equal(answer.status, 201, answer.text);
  return (answer.body.data as { id: string }).id;
}

let version = 100;
async function push(): Promise<void> {
  const { body } = await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode: code });
  version += 1;
  const change = {
    ...{ entity: 'enterprise', subject: code, version, operation: 'updated', changedFields: ['/name'] },
    occurredAt: '2026-03-01T08:00:00+07:00',
    data: { ...(body.data as object), name: `Công ty ${version}` },
  };
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [change] });
  t.equal(answer.status, 201, answer.text);
}

async function lienthong(...args: string[]) {
  const run = startNode(t, [script, ...args], { env: { OPERATOR_TOKEN } });
  const { code } = await run.ended;
  return { code, output: run.output };
}

t.test('the receiver takes what the gateway sends, and nothing else', async (t) => {
  const file = join(t.testdir(), 'receive.mjs');
  await writeFile(file, blockOf('receiver'));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}/changes`;
  const env = { GATEWAY: gateway.url, ADDRESS: address, PORT: String(port) };
  const receiver = startNode(t, [file], { env });
  await receiver.line(/listening/);
  await subscribe(address);
  await push();
  await receiver.line(/^0000000000000001 \S+\.101 updated$/);

  // What somebody else saw of a delivery is worth nothing with another body, or at another address.
  const spy = await startReceiver(t);
  await subscribe(spy.url);
  await push();
  await until(() => spy.deliveries.length === 1);
  const { message, content } = spy.deliveries[0]!;
  const names = ['content-type', 'content-digest', 'lienthong-subscription', 'signature-input', 'signature'];
  const headers = Object.fromEntries(names.map((name) => [name, message.fields(name)[0]!]));
  for (const [sent, body] of [
    [headers, content],
    [headers, Buffer.from('[]')],
    [
      { ...headers, 'signature-input': headers['signature-input']!.replace('created=', 'created=1') },
      content,
    ],
    [{ 'content-type': 'application/json' }, Buffer.from('{"challenge":"x"}')],
  ] as const) {
    const response = await fetch(address, { method: 'POST', headers: sent, body });
    t.equal(response.status, 401);
  }
});

t.test('a saved delivery is verified by the command', async (t) => {
  const receiver = await startReceiver(t);
  await subscribe(receiver.url);
  const [{ message, content }] = receiver.challenges as [(typeof receiver.challenges)[number]];
  const names = ['content-type', 'content-digest', 'lienthong-subscription', 'signature-input', 'signature'];
  const fields = names.map((name) => `${name}: ${message.fields(name)[0]}`).join('\r\n');
  const directory = t.testdir();
  const save = async (name: string, body: Buffer) => {
    await writeFile(join(directory, name), `POST ${receiver.url} HTTP/1.1\r\n${fields}\r\n\r\n${body}`);
    return join(directory, name);
  };
  const jwks = ['--jwks', `${gateway.url}/oauth2/jwks`];
  const right = await lienthong('verify-delivery', ...jwks, '--request', await save('right.http', content));
  t.match(right, { code: 0, output: /"verified": true[\s\S]*"subscription": "[0-9a-f-]{36}"/ });
  const wrong = await lienthong(
    'verify-delivery',
    ...jwks,
    '--request',
    await save('wrong.http', Buffer.from('{}')),
  );
  t.match(wrong, { code: 1, output: /"verified": false[\s\S]*content_digest/ });
});

t.test('an operator has changes sent again by the command', async (t) => {
  const receiver = await startReceiver(t);
  const id = await subscribe(receiver.url);
  await push();
  await until(() => receiver.events.length === 1);
  await until(async () => {
    const rows = await gateway.query('SELECT FROM webhook_cursor WHERE subscription = $1 AND sequence = 1', [
      id,
    ]);
    return rows.length === 1;
  });
  const options = [
    '--url',
    gateway.operationsUrl,
    '--by',
    'Trung tâm dữ liệu',
    '--reason',
    'bản sao bị hỏng',
  ];
  const done = await lienthong('changes', 'replay', '--subscription', id, '--everything', ...options);
  t.match(done, { code: 0, output: /"outcome":"performed"/ });
  await until(() => receiver.events.length === 2);
  t.same(receiver.events[1], receiver.events[0], 'the same event');
  const [evidence] = (await gateway.evidence()).filter(({ kind }) => kind === 'replay');
  t.match(evidence, {
    system: 'G12.thue',
    service: 'business.changes.read',
    reason: 'from_oldest',
    status: 202,
  });

  const nothing = await lienthong('changes', 'replay', '--subscription', id, '--sequence', '7', ...options);
  t.match(nothing, { code: 0, output: /nothing was sent since then/ });
  const unknown = await lienthong('changes', 'replay', '--agreement', 'TT-0', '--sequence', '1', ...options);
  t.match(unknown, { code: 1, output: /contract_violation/ });
  t.match(await lienthong('changes', 'replay', '--agreement', 'TT-0', ...options), {
    code: 2,
    output: /name one: --sequence/,
  });
  t.match(await lienthong('changes', 'dead-letters', '--url', gateway.operationsUrl), {
    code: 0,
    output: '',
  });
});
