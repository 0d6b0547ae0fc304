import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import t from 'tap';
import { freePort, portIsFree } from '../../../../deploy/sandbox/processes/free-port.ts';

const MODULE = new URL('../../../../deploy/sandbox/processes/free-port.ts', import.meta.url).href;
const PROCESSES = 8;
const PORTS = 60; // more than one block

// Says its ports, and lives until its standard input ends, so that all hold theirs at the same time.
const PROGRAM = `
import { freePort } from ${JSON.stringify(MODULE)};
const ports = await Promise.all(Array.from({ length: ${PORTS} }, () => freePort()));
console.log(JSON.stringify(ports));
process.stdin.resume();
`;

t.test('processes that ask at the same time are given different ports', async (t) => {
  const children = Array.from({ length: PROCESSES }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM]),
  );
  t.teardown(() => children.forEach(({ child }) => void child.kill()));
  const said = children.map(({ child }) => new Promise((resolve) => child.stdout?.once('data', resolve)));
  await Promise.race([Promise.all(said), Promise.all(children)]);
  children.forEach(({ child }) => void child.stdin?.end());
  const ports = (await Promise.all(children)).flatMap(({ stdout }): number[] => JSON.parse(stdout));
  t.equal(ports.length, PROCESSES * PORTS);
  t.equal(new Set(ports).size, ports.length);
});

t.test('a port that somebody listens on is not free, and is not given', async (t) => {
  const port = await freePort();
  t.ok(await portIsFree(port));
  const next = createServer();
  await new Promise<void>((resolve) => next.listen(port + 1, '127.0.0.1', resolve));
  t.teardown(() => next.close());
  t.notOk(await portIsFree(port + 1));
  t.equal(await freePort(), port + 2);
});

t.test('a process that asked for a port may end', async (t) => {
  const ends = `import { freePort } from ${JSON.stringify(MODULE)}; console.log(await freePort());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', ends]);
  t.match(stdout, /^\d{5}\n$/);
});
