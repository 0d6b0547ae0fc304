/** `lienthong changes tail`, as a process, before a gateway that is restarted. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import type { StructuredEvent } from '../../../gateway/changes/render/event.ts';
import { spawnTestGateway } from '../../support/gateway.ts';
import { startNode } from '../../support/process.ts';
import { layOut } from '../../support/setting.ts';
import type { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const codes = samples().enterprises.present.slice(0, 3);
const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));

async function push(client: TestClient, version: number): Promise<void> {
  const changes = codes.map((subject) => ({
    ...{ entity: 'enterprise', subject, version, operation: 'created', changedFields: [] },
    occurredAt: new Date().toISOString(),
    data: { enterpriseCode: subject, name: `Công ty ${version}`, status: 'active' },
  }));
  t.equal((await client.call('G12.dkkd', 'business.changes.publish', { changes })).status, 201);
}

t.test('prints what arrives, once, also over a restart of the gateway', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-tail-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const setting = await layOut(t);
  const key = join(directory, 'key.jwk.json');
  await writeFile(key, JSON.stringify(await setting.privateKey('G12.thue')));
  const first = await spawnTestGateway(t, { setting });
  const options = ['--registry', 'business', '--system', 'G12.thue', '--key', key, '--url', first.url];
  const tail = startNode(t, [script, 'changes', 'tail', ...options]);
  const printed = (): StructuredEvent[] =>
    tail.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  await push(first, 1);
  await until(() => printed().length === 3);
  t.same(await first.process.end('SIGTERM'), { code: 0, signal: null });
  const second = await spawnTestGateway(t, { setting });
  await push(second, 2);
  await until(() => printed().length === 6);
  t.same(
    printed().map(({ sequence }) => Number(sequence)),
    [1, 2, 3, 4, 5, 6],
  );
  t.match(
    (await second.operations('/metrics')).text,
    /lienthong_streams_open\{service="business.changes.read"\} 1/,
    'as a stream',
  );

  const once = startNode(t, [script, 'changes', 'tail', '--once', ...options]);
  t.same(await once.ended, { code: 0, signal: null });
  t.same(
    once.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    printed(),
  );
  const refused = startNode(t, [script, 'changes', 'tail', '--after', 'x', ...options]);
  t.match(await refused.ended, { code: 1 });
  t.match(refused.output, /HTTP 400: .*cursor_invalid/);
});
