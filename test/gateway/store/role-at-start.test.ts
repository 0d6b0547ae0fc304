/** A start says when the gateway's own role could rewrite evidence. */
import t from 'tap';
import { freshDatabase } from '../../support/database.ts';
import { startTestGateway } from '../../support/gateway.ts';

t.test('two roles', async (t) => {
  const gateway = await startTestGateway(t);
  t.match((await gateway.operations('/metrics')).text, /^lienthong_evidence_rewritable 0$/m);
  t.notMatch(gateway.log.join(''), 'could rewrite evidence');
});

t.test('one', async (t) => {
  const url = await freshDatabase(t);
  const gateway = await startTestGateway(t, {
    databaseUrl: url,
    variables: { DATABASE_URL: url, EVIDENCE_RETENTION_MONTHS: '3' },
  });
  t.match((await gateway.operations('/metrics')).text, /^lienthong_evidence_rewritable 1$/m);
  const line = gateway.log.find((line) => line.includes('could rewrite evidence'));
  t.match(JSON.parse(line!), { level: 'warn', variable: 'DATABASE_URL', reasons: ['is a superuser'] });
  t.same(
    await gateway.query('SELECT months FROM evidence_retention'),
    [{ months: 3 }],
    'the owner’s months are its own',
  );
  await gateway.query('UPDATE evidence_retention SET months = 60');
  await gateway.close();
  const unsaid = await startTestGateway(t, {
    setting: gateway,
    variables: { EVIDENCE_RETENTION_MONTHS: '' },
  });
  t.same(
    await unsaid.query('SELECT months FROM evidence_retention'),
    [{ months: 60 }],
    'a default is nobody’s word',
  );
});
