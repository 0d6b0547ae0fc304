import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { startNode } from '../../support/process.ts';

const LOG = join(import.meta.dirname, '../../../gateway/telemetry/log.ts');

const program = (rest: string) =>
  `import { createLog } from ${JSON.stringify(LOG)}; const log = createLog('info'); ${rest}`;

/** What a program prints that logs, and then comes to an end in some way. */
function printed(rest: string): string[] {
  const args = ['--input-type=module-typescript', '-e', program(rest)];
  const { stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
    env: { PATH: process.env.PATH },
  });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).msg);
}

t.test('nothing that was logged is lost at the end, whatever the end', async (t) => {
  const ends = {
    'by itself': '',
    'process.exit': 'process.exit(3);',
    'a fault': 'setImmediate(() => { throw new Error("x"); });',
    'a promise that nobody awaits': 'Promise.reject(new Error("x"));',
  };
  for (const [how, rest] of Object.entries(ends)) {
    t.same(printed(`log.info('one'); log.info('two'); ${rest}`), ['one', 'two'], how);
  }
});

t.test('more than a block, in order', async (t) => {
  const numbers = Array.from({ length: 5000 }, (_, index) => String(index));
  t.same(printed('for (let i = 0; i < 5000; i++) log.info(String(i));'), numbers);
});

t.test('a line does not wait for the next one', async (t) => {
  const process = startNode(t, [
    '--input-type=module-typescript',
    '-e',
    program("log.info('alone'); setInterval(() => {}, 1000);"),
  ]);
  t.ok(await process.line(/"msg":"alone"/));
});
