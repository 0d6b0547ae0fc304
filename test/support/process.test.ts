import t from 'tap';
import { startNode, startProcess } from './process.ts';

const COUNTS = `let n = 0; setInterval(() => console.log('line', n++), 5)`;

t.test('lines, printed already or not yet', async (t) => {
  const child = startNode(t, ['--eval', COUNTS]);
  t.equal((await child.line(/line (2)/))[1], '2');
  t.equal((await child.line(/line (0)/))[1], '0', 'an earlier line');
  t.same(await child.end(), { code: null, signal: 'SIGTERM' });
  t.match(child.output, /^line 0\nline 1\nline 2/);
});

t.test('an end instead of the line', async (t) => {
  const child = startNode(t, ['--eval', `console.error('why'); process.exitCode = 3`]);
  await t.rejects(child.line(/ready/), { message: /it ended \(3\) before it printed \/ready\/:\nwhy/ });
  await t.rejects(startProcess(t, 'no-such-command', []).line(/ready/), { message: /ENOENT/ });
});

t.test('Ctrl-C reaches the whole group', async (t) => {
  const script = `echo leader; ${process.execPath} --eval "console.log('member'); setInterval(() => {}, 1000)"`;
  const child = startProcess(t, '/bin/sh', ['-c', `${script}; echo never`], { ownGroup: true });
  await child.line(/member/);
  await child.interrupt();
  t.notMatch(child.output, /never/);
});

t.test('nothing outlives its test', async (t) => {
  let pid = 0;
  await t.test('a test that forgets its child', async (t) => {
    const child = startNode(t, ['--eval', COUNTS]);
    await child.line(/line/);
    pid = child.pid;
  });
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
