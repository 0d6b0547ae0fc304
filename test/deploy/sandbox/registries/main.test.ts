import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { type RegistryConnections, registries } from '../../../../deploy/sandbox/registries/registries.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { startRegistries } from '../../../../deploy/sandbox/registries/start.ts';
import { soap } from './clients.ts';

const MAIN = fileURLToPath(new URL('../../../../deploy/sandbox/registries/main.ts', import.meta.url));

/** The process, once it has printed its line. */
async function ready(t: Test, stdin: 'pipe' | 'ignore'): Promise<[ChildProcess, RegistryConnections]> {
  const child = spawn(process.execPath, [MAIN], { stdio: [stdin, 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface(child.stdout!), 'line');
  return [child, JSON.parse(line)];
}

test('a process of its own says how to reach it, and ends on SIGTERM', async (t) => {
  const [child, connections] = await ready(t, 'ignore');
  const { status } = await soap(connections.population, 'TraCuuThongTinCongDan', {
    SoDinhDanh: samples().persons.present[0],
  });
  t.equal(status, 200);
  t.strictSame(Object.keys(connections), [...registries.map(({ name }) => name), 'control']);
  child.kill('SIGTERM');
  t.strictSame(await once(child, 'exit'), [0, null]);
});

test('it ends on SIGINT', async (t) => {
  const [child] = await ready(t, 'ignore');
  child.kill('SIGINT');
  t.strictSame(await once(child, 'exit'), [0, null]);
});

test('it ends when whoever started it is gone', async (t) => {
  const [child] = await ready(t, 'pipe');
  child.stdin!.end();
  t.strictSame(await once(child, 'exit'), [0, null]);
});

test('a port that is taken stops the start, and nothing stays open', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  await t.rejects(startRegistries({ ports: { land: port } }), { code: 'EADDRINUSE' });
});
