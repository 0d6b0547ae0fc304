/** `.ci/without-services`: packages start nothing while they are installed, and the machine's own policy is its own. */
import { access, lstat, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startProcess } from '../support/process.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', '.ci', 'without-services');

async function setUp(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-policy-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const policy = join(directory, 'policy-rc.d');
  const start = (command: string) =>
    startProcess(t, SCRIPT, ['sh', '-c', command], { env: { POLICY_RC_D: policy } });
  return { policy, start };
}

t.test('a service is denied while the command runs, and afterwards no policy is left', async (t) => {
  const { policy, start } = await setUp(t);
  const asked = start('"$POLICY_RC_D" nginx start; echo "answer $?"');
  await asked.line(/^answer 101$/);
  t.same(await asked.ended, { code: 0, signal: null });
  await t.rejects(access(policy), { code: 'ENOENT' });
});

t.test('a command that fails, or is ended, leaves none either', async (t) => {
  const { policy, start } = await setUp(t);
  t.equal((await start('exit 7').ended).code, 7, 'its status is the answer');
  await t.rejects(access(policy), { code: 'ENOENT' });
  const long = start('echo begun; exec sleep 2');
  await long.line(/^begun$/);
  await access(policy);
  await long.end('SIGTERM');
  await t.rejects(access(policy), { code: 'ENOENT' });
});

t.test('a policy that is there stays as it is', async (t) => {
  const { policy, start } = await setUp(t);
  await writeFile(policy, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const asked = start('"$POLICY_RC_D" nginx start; echo "answer $?"');
  await asked.line(/^answer 0$/);
  await asked.ended;
  t.equal(await readFile(policy, 'utf8'), '#!/bin/sh\nexit 0\n');
  await rm(policy);
  await symlink('/nowhere', policy);
  t.equal((await start('true').ended).code, 0);
  t.ok((await lstat(policy)).isSymbolicLink(), 'a link is the policy of somebody, too');
});

t.test('.ci/run installs by it', async (t) => {
  const run = await readFile(join(SCRIPT, '..', 'run'), 'utf8');
  const before = [...run.matchAll(/^(.*(?:\\\n.*)?)apt-get install/gm)].map(([, words]) => words);
  t.ok(before.length > 0, 'it installs something');
  for (const words of before) t.match(words, '.ci/without-services');
});
