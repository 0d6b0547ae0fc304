/** A gateway behind pgbouncer: in session mode it serves, in transaction mode it does not start. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { startTestGateway } from '../support/gateway.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { layOut } from '../support/setting.ts';

const pooler = spawnSync('pgbouncer', ['--version'], { env: { PATH: `${process.env.PATH}:/usr/sbin` } });
const skip = !pooler.error || process.env.CI ? false : 'pgbouncer is not installed';
if (skip) console.error(`\n*** SKIPPED: ${skip}\n`);

t.test('behind a pooler', { skip }, async (t) => {
  const setting = await layOut(t);
  const through = (mode: 'session' | 'transaction') =>
    startPgbouncer(t, setting.variables.DATABASE_URL!, mode);
  const refused = startTestGateway(t, { setting, variables: { DATABASE_URL: await through('transaction') } });
  await t.rejects(refused, {
    name: 'ConfigError',
    problems: [{ variable: 'DATABASE_URL', reason: /pooler in transaction or statement mode/ }],
  });

  const variables = { DATABASE_URL: await through('session'), PORT: setting.variables.PORT! };
  const gateway = await startTestGateway(t, { setting, variables });
  const { persons } = samples();
  const personalId = persons.present[0]!;
  const answer = await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
  t.equal(answer.status, 200, 'session mode serves');
  t.equal((await gateway.evidence(answer.body.meta!.requestId)).length, 1);
});
