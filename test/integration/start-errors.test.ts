/**
 * `lienthong start` with something that does not fit what is around it: one line that names the variable, on standard error for
 * people and as JSON in the log, exit status 1, no stack, no secret, and nothing left running.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startNode } from '../support/process.ts';
import { layOut } from '../support/setting.ts';

t.setTimeout(180_000);

const COMMAND = join(import.meta.dirname, '..', '..', 'gateway', 'lienthong.js');
// A catalogue that is known to be sound is not checked again by each start.
const cache = await mkdtemp(join(tmpdir(), 'lienthong-start-'));
t.teardown(() => rm(cache, { recursive: true }));
const setting = await layOut(t, { variables: { CATALOGUE_CACHE_DIR: cache } });
const SECRET = 'bi-mat-khong-duoc-in-ra';
const url = new URL(setting.databaseUrl);
const database = (members: Partial<URL>) => Object.assign(new URL(url), members).href;
const once = { DATABASE_WAIT_SECONDS: '0' };

t.test('each names its variable', async (t) => {
  const busy = await somebodyElse(t);
  // What else may be wrong with the database and the environment: test/gateway/store/prepare/await-store.test.ts, test/gateway/config/config.test.ts.
  const cases: readonly [
    name: string,
    variables: Record<string, string>,
    variable: string,
    reason: RegExp,
  ][] = [
    ['a wrong password', { DATABASE_URL: database({ password: SECRET }) }, 'DATABASE_URL', /password.*28P01/],
    [
      'no TLS there',
      { DATABASE_URL: `${url.href}?sslmode=require` },
      'DATABASE_URL',
      /speaks no TLS, and sslmode asks for it/,
    ],
    ['nobody there', { ...once, DATABASE_URL: database({ port: '1' }) }, 'DATABASE_URL', /nobody listens at/],
    ['the agencies’ port is taken', { PORT: String(busy) }, 'PORT', /somebody else.*EADDRINUSE/],
    ['the operators’ port is taken', { OPERATIONS_PORT: String(busy) }, 'OPERATIONS_PORT', /EADDRINUSE/],
    ['another machine’s address', { HOST: '192.0.2.1' }, 'HOST', /no address of this machine/],
    ['no catalogue', { CONTRACTS_DIR: '/nowhere' }, 'CONTRACTS_DIR', /directory \/nowhere.* cannot be read/],
    [
      'a cache where nothing can be made',
      { CATALOGUE_CACHE_DIR: '/proc/lienthong', CONTRACTS_DIR: '/nowhere' },
      'CONTRACTS_DIR',
      /directory \/nowhere.* cannot be read/,
    ],
    ['no schemas there', { SCHEMAS_DIR: '/nowhere' }, 'SCHEMAS_DIR', /directory \/nowhere.* cannot be read/],
    ['no keys', { CLIENT_KEYS_DIR: '/nowhere' }, 'CLIENT_KEYS_DIR', /directory \/nowhere cannot be read/],
    ['an inspector', { NODE_OPTIONS: '--inspect=0' }, 'NODE_OPTIONS', /weaken the gateway: --inspect=0/],
    [
      'unchecked certificates',
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      'NODE_TLS_REJECT_UNAUTHORIZED',
      /must not be 0: no certificate would be checked/,
    ],
    ['nearly a variable', { KAFKA_BROKER: `kafka:9092/${SECRET}` }, 'KAFKA_BROKER', /is KAFKA_BROKERS meant/],
  ];
  const check = async ([name, variables, variable, reason]: (typeof cases)[number]) => {
    const { code, output } = await start(t, variables);
    t.equal(code, 2, name);
    const [fatal, ...more] = fatalLines(output);
    t.match(
      fatal,
      { level: 'fatal', variable, reason, msg: 'the gateway does not start' },
      `${name}: as JSON`,
    );
    t.same(more, [], `${name}: once`);
    t.match(output, new RegExp(`^  ${variable}: .*${reason.source}`, 'm'), name);
    t.notMatch(output, /^\s+at |node_modules/m, `${name}: no stack`);
    t.notMatch(output, /SECURITY WARNING|trace-warnings/, `${name}: no warning of Node's`);
    t.notOk(output.includes(SECRET), `${name}: no secret`);
  };
  // Two of them at a time.
  for (let i = 0; i < cases.length; i += 2) await Promise.all(cases.slice(i, i + 2).map(check));
});

t.test('all that is wrong in the environment is said together', async (t) => {
  const wrong = {
    PUBLIC_URL: 'http://gov.vn',
    KAFKA_BROKERS: 'x',
    PORT: 'x',
    MASTER_KEY: 'x',
    POPULATION_SECRET: '',
  };
  const { code, output } = await start(t, wrong);
  t.equal(code, 2);
  const named = fatalLines(output).map(({ variable }) => variable);
  t.same(named.toSorted(), Object.keys(wrong).toSorted());
});

async function start(t: Test, variables: Record<string, string>) {
  const child = startNode(t, [COMMAND, 'start'], { env: { ...setting.variables, ...variables } });
  const { code } = await child.ended;
  return { code, output: child.output };
}

function fatalLines(output: string): Record<string, string>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter(({ level }) => level === 'fatal');
}

async function somebodyElse(t: Pick<Test, 'teardown'>): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}
