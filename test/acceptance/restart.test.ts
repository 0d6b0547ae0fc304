/** Ctrl-C, a second start on the same data, and a port that is taken. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { descendants, running } from './support/processes.ts';
import { npmStart, type Sandbox, startSandbox, temporaryDirectory, twoPorts } from './support/sandbox.ts';
import { until } from './support/until.ts';

t.setTimeout(300_000);

interface Page {
  readonly data: readonly { readonly id: string; readonly sequence: string }[];
  readonly meta: { readonly next: string };
}

const readFeed = async (sandbox: Sandbox, after?: string): Promise<Page> => {
  const query = new URLSearchParams({ limit: '500', ...(after && { after }) });
  const answer = await sandbox.call({ as: 'G12.thue', path: `/v1/changes/business?${query}` });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};

const lookUp = (sandbox: Sandbox) =>
  sandbox.call({
    as: 'G12.thue',
    purpose: 'quan-ly-thue',
    path: '/v1/business/enterprises?provinceCode=01&pageSize=1',
  });

/** Names and contents of the key files, and the master key. */
async function readKeys(dataDir: string): Promise<Record<string, string>> {
  const names = (await readdir(join(dataDir, 'keys'))).map((name) => join('keys', name));
  const files = [...names, 'master.key'];
  return Object.fromEntries(
    await Promise.all(files.map(async (name) => [name, await readFile(join(dataDir, name), 'utf8')])),
  );
}

t.test('Ctrl-C stops everything, and the next start goes on where it stood', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await startSandbox(t, { dataDir, trickle: 1 });
  const before = await until('three changes came', async () => {
    const page = await readFeed(first);
    return page.data.length >= 3 && page;
  });
  const keys = await readKeys(dataDir);
  const token = await first.token('G12.thue');
  t.equal(Object.keys(keys).length, 8, 'seven systems');
  t.equal((await lookUp(first)).status, 200);

  const family = descendants(first.process.pid);
  t.ok(family.length > 5, `${family.length} processes`);
  await first.process.interrupt();
  t.match(first.process.output, 'Stopped. The data stay in place for the next start.');
  await until('no process was left', () => running(family).length === 0);
  await t.rejects(fetch(first.url), 'nobody listens for agencies');
  await t.rejects(fetch(first.operationsUrl), 'nobody listens for operators');

  const second = await startSandbox(t, { dataDir, trickle: 1, ports: first.ports });
  t.strictSame(await readKeys(dataDir), keys, 'the keys are the same');
  t.equal((await lookUp(second)).status, 200, 'it works');

  const old = await fetch(`${second.url}/v1/changes/business`, {
    headers: { authorization: `Bearer ${token}` },
  });
  t.equal(old.status, 200, 'a token of before is still good');

  const again = await readFeed(second);
  t.strictSame(again.data.slice(0, before.data.length), before.data, 'the feed has the earlier changes');
  const on = await until('changes came after the cursor of before', async () => {
    const page = await readFeed(second, before.meta.next);
    return page.data.length >= 2 && page;
  });
  const earlier = new Set(before.data.map(({ id }) => id));
  t.notOk(
    on.data.some(({ id }) => earlier.has(id)),
    'none of them again',
  );
  t.strictSame(
    on.data.map(({ sequence }) => Number(sequence)),
    on.data.map((_, index) => Number(before.data.at(-1)!.sequence) + 1 + index),
    'the numbers go on',
  );
});

t.test('SIGTERM to npm alone, as a supervisor sends it, stops everything too', async (t) => {
  const sandbox = await startSandbox(t);
  const family = descendants(sandbox.process.pid);
  process.kill(sandbox.process.pid, 'SIGTERM');
  await until('npm ended', () => running([sandbox.process.pid]).length === 0);
  const isAlone = await until('no process was left', () => running(family).length === 0, 5000).catch(
    () => false,
  );
  t.ok(isAlone, 'no process is left');
});

t.test('a second sandbox on the same data is refused, and the first goes on', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await startSandbox(t, { dataDir });
  const intruder = npmStart(t, { dataDir, ports: await twoPorts() });
  const { code } = await intruder.ended;
  t.equal(code, 2, intruder.output);
  t.match(intruder.output, /^lienthong sandbox: the database in .* is in use by process/m);
  t.notMatch(intruder.output, /^\s+at /m, 'no stack');
  t.equal((await lookUp(first)).status, 200);
});

t.test('a port that is taken', async (t) => {
  const other = createServer();
  const { agencies, operators } = await twoPorts();
  other.listen(agencies, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());

  for (const ports of [
    { agencies, operators },
    { agencies: operators, operators: agencies },
  ]) {
    const sandbox = npmStart(t, { dataDir: await temporaryDirectory(t), ports });
    const { code } = await sandbox.ended;
    t.equal(code, 2, sandbox.output);
    t.match(sandbox.output, new RegExp(`^lienthong sandbox: port ${agencies} is taken`, 'm'));
    t.match(sandbox.output, 'PORT and OPERATIONS_PORT choose others');
    t.notMatch(sandbox.output, /^\s+at /m, 'no stack');
    t.notMatch(sandbox.output, 'is ready');
  }
});
