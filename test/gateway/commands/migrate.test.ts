/** `lienthong migrate`, and a gateway that starts as the role that it prepared. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freshDatabase } from '../../support/database.ts';
import { spawnTestGateway } from '../../support/gateway.ts';
import { startNode } from '../../support/process.ts';
import { layOut } from '../../support/setting.ts';

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'gateway', 'lienthong.js');
const PASSWORD = 'mật khẩu/của@cổng';

async function migrate(t: Test, env: Record<string, string>, ...args: string[]) {
  const child = startNode(t, [COMMAND, 'migrate', ...args], { env });
  const { code } = await child.ended;
  t.notMatch(child.output, /^\s+at |m%E1%BA%ADt|mật khẩu/m, 'no stack, no password');
  return { code, output: child.output };
}

t.test('the owner migrates, the gateway starts as a role that owns nothing', async (t) => {
  const setting = await layOut(t, { variables: { DATABASE_URL: '' } });
  const owner = await freshDatabase(t);
  const name = `lienthong_${randomBytes(6).toString('hex')}`;
  const gateway = Object.assign(new URL(owner), { username: name, password: PASSWORD }).href;
  t.teardown(async () => {
    await setting.query(`DROP DATABASE ${new URL(owner).pathname.slice(1)} WITH (FORCE)`);
    await setting.query(`DROP ROLE IF EXISTS ${name}`);
  });
  const env = { DATABASE_OWNER_URL: owner, DATABASE_URL: gateway, EVIDENCE_RETENTION_MONTHS: '24' };

  t.match(await migrate(t, env), {
    code: 2,
    output: `DATABASE_URL: there is no role ${name}: make it, or add --create-role`,
  });
  const first = await migrate(t, env, '--create-role');
  t.equal(first.code, 0, first.output);
  t.match(first.output, new RegExp(`^made the role ${name}$`, 'm'));
  t.match(first.output, /^migrated 001-identity\.sql$/m);
  t.match(first.output, new RegExp(`^gave the role ${name} its rights on .*evidence`, 'm'));
  t.match(await migrate(t, env, '--create-role'), { code: 0, output: /^nothing to do$/ });
  // Without the months of evidence: they stay.
  t.match(await migrate(t, { DATABASE_OWNER_URL: owner, DATABASE_URL: gateway }), { code: 0 });

  const started = await spawnTestGateway(t, {
    setting: { ...setting, databaseUrl: owner },
    variables: { DATABASE_URL: gateway, EVIDENCE_RETENTION_MONTHS: '24' },
  });
  t.notMatch(started.process.output, /rewrite evidence|not what was meant/, 'nothing to warn of');
  t.equal((await started.operations('/health/ready')).status, 200);
  await started.process.end();
});

t.test('without an owner of its own', async (t) => {
  const url = await freshDatabase(t);
  const alone = await migrate(t, { DATABASE_URL: url });
  t.match(alone, { code: 0, output: /could rewrite evidence/ });
  t.match(await migrate(t, { DATABASE_URL: url }, '--create-role'), {
    code: 2,
    output: '--create-role needs DATABASE_OWNER_URL, and another role in DATABASE_URL',
  });
  t.match(await migrate(t, { DATABASE_OWNER_URL: url }), {
    code: 2,
    output: 'DATABASE_URL: is required: its role is given the rights of the gateway',
  });
});

t.test('a database that does not fit is one line that names the variable', async (t) => {
  const url = await freshDatabase(t);
  const wrong = (members: Partial<URL>) => Object.assign(new URL(url), members).href;
  const gateway = wrong({ username: 'ai_do', password: PASSWORD });
  for (const [owner, code, reason] of [
    [
      wrong({ password: PASSWORD }),
      2,
      /^ {2}DATABASE_OWNER_URL: the password of the role .* is refused \(28P01\)$/m,
    ],
    [wrong({ port: '1' }), 3, /DATABASE_OWNER_URL: nobody listens at 127\.0\.0\.1:1 \(ECONNREFUSED\)$/m],
    ['postgres', 2, /^ {2}DATABASE_OWNER_URL: must be postgres:/m],
  ] as const) {
    const env = { DATABASE_OWNER_URL: owner, DATABASE_URL: gateway, DATABASE_WAIT_SECONDS: '0' };
    t.match(await migrate(t, env), { code, output: reason });
  }
  t.match(await migrate(t, { DATABASE_OWNER_URI: url, DATABASE_URL: url }), {
    code: 2,
    output: /^ {2}DATABASE_OWNER_URI: .* is DATABASE_OWNER_URL meant\?$/m,
  });
  for (const [members, code, reason] of [
    [{ pathname: '/cua_ai_do' }, 2, /^ {2}DATABASE_URL: names another database than DATABASE_OWNER_URL$/m],
    [{ hostname: 'pooler.invalid' }, 2, /^DATABASE_URL: names another server than DATABASE_OWNER_URL: /m],
  ] as const) {
    const elsewhere = Object.assign(new URL(gateway), members as Partial<URL>).href;
    const answer = await migrate(t, { DATABASE_OWNER_URL: url, DATABASE_URL: elsewhere });
    t.match(answer, { code, output: reason });
  }
  const near = Object.assign(new URL(gateway), { hostname: 'localhost' }).href;
  const here = await migrate(t, { DATABASE_OWNER_URL: url, DATABASE_URL: near });
  t.notMatch(here.output, /names another/);
  t.match(await migrate(t, { DATABASE_OWNER: url, DATABASE_URL: url }), {
    code: 2,
    output: /^ {2}DATABASE_OWNER: .* is DATABASE_OWNER_URL meant\?$/m,
  });
  t.match(await migrate(t, { EVIDENCE_MONTHS: '24', DATABASE_URL: url }), {
    code: 0,
    output: /^EVIDENCE_MONTHS: there is no such variable: it has no effect$/m,
  });
});
