/**
 * `lienthong start` with something that does not fit what is around it: one line that names the variable, on standard error for
 * people and as JSON in the log, exit status 1, no stack, no secret, and nothing left running.
 */
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { ownPostgres } from '../support/database.ts';
import { layOut, startTestGateway } from '../support/gateway.ts';
import { startNode } from '../support/process.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'gateway', 'lienthong.js');
const setting = await layOut(t);
const SECRET = 'bi-mat-khong-duoc-in-ra';
const url = new URL(setting.databaseUrl);
const database = (members: Partial<URL>) => Object.assign(new URL(url), members).href;
const once = { DATABASE_WAIT_SECONDS: '0' };

t.test('each names its variable', async (t) => {
  const busy = await somebodyElse(t);
  const cases: readonly [
    name: string,
    variables: Record<string, string>,
    variable: string,
    reason: RegExp,
  ][] = [
    ['a wrong password', { DATABASE_URL: database({ password: SECRET }) }, 'DATABASE_URL', /password.*28P01/],
    ['no such database', { DATABASE_URL: database({ pathname: '/khong-co' }) }, 'DATABASE_URL', /3D000/],
    [
      'no such host',
      { ...once, DATABASE_URL: database({ hostname: 'khong-co.invalid' }) },
      'DATABASE_URL',
      /not known/,
    ],
    [
      'nobody there',
      { ...once, DATABASE_URL: database({ port: '1' }) },
      'DATABASE_URL',
      /nobody listens at 127\.0\.0\.1:1/,
    ],
    ['no TLS', { DATABASE_URL: `${url}?sslmode=verify-full` }, 'DATABASE_URL', /speaks no TLS/],
    ['the agencies’ port is taken', { PORT: String(busy) }, 'PORT', /somebody else.*EADDRINUSE/],
    ['the operators’ port is taken', { OPERATIONS_PORT: String(busy) }, 'OPERATIONS_PORT', /EADDRINUSE/],
    ['another machine’s address', { HOST: '192.0.2.1' }, 'HOST', /no address of this machine/],
    ['a name that is none', { HOST: 'khong-co.invalid' }, 'HOST', /no name that is known/],
    ['no catalogue', { CONTRACTS_DIR: '/nowhere' }, 'CONTRACTS_DIR', /error\(s\) in the catalogue/],
    ['a broker without a port', { KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS', /host:port/],
    ['nearly a variable', { KAFKA_BROKER: `kafka:9092/${SECRET}` }, 'KAFKA_BROKER', /is KAFKA_BROKERS meant/],
  ];
  for (const [name, variables, variable, reason] of cases) {
    const { code, output } = await start(t, variables);
    t.equal(code, 2, name);
    const [fatal, ...more] = fatalLines(output);
    t.match(
      fatal,
      { level: 'fatal', variable, reason, msg: 'the gateway does not start' },
      `${name}: as JSON`,
    );
    t.same(more, [], `${name}: once`);
    if (variable !== 'CONTRACTS_DIR')
      t.match(output, new RegExp(`^  ${variable}: .*${reason.source}`, 'm'), name);
    t.notMatch(output, /^\s+at |node_modules/m, `${name}: no stack`);
    t.notOk(output.includes(SECRET), `${name}: no secret`);
  }
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

t.test('connections that are all taken while the gateway starts', async (t) => {
  const postgres = await ownPostgres(t);
  const few = Object.assign(new URL(postgres.url), { username: 'it_ket_noi', password: SECRET }).href;
  const owner = new pg.Client(postgres.url);
  await owner.connect();
  // As many as the first look at the server needs; they are closed before the gateway opens its own, which are more.
  await owner.query(`CREATE ROLE it_ket_noi LOGIN PASSWORD '${SECRET}' CONNECTION LIMIT 2`);
  await owner.query('GRANT CREATE ON SCHEMA public TO it_ket_noi');
  await owner.end();
  const variables = { ...setting.variables, DATABASE_URL: few };
  await t.rejects(startTestGateway(t, { setting: { ...setting, variables } }), {
    name: 'ConfigError',
    problems: [{ variable: 'DATABASE_URL', reason: /all connections of .* are taken \(53300\)/ }],
  });
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
