/** An operator revokes while evidence cannot be written: 503, and asked again it is in force and on record, once. */
import pg from 'pg';
import t from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { startTestGateway } from '../../../support/gateway.ts';
import { askOperators, decision, OPERATOR_TOKEN } from '../../../support/operator.ts';

t.test('a revocation and its evidence, and its lifting', async (t) => {
  const gateway = await startTestGateway(t, { variables: { OPERATOR_TOKEN } });
  const admin = (method: string, path: string, body: object) => askOperators(gateway, method, path, body);
  const revoke = () => admin('POST', 'revocations', { kind: 'system', value: 'G12.thue', ...decision });
  const recorded = async () =>
    (await gateway.evidence()).filter(({ kind }) => kind === 'revocation').map(({ service }) => service);
  const call = async () => {
    const [enterpriseCode] = samples().enterprises.present;
    return (await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode })).status;
  };
  t.equal(await call(), 200);

  const blocker = new pg.Client(gateway.databaseUrl);
  await blocker.connect();
  t.teardown(() => blocker.end());
  const withEvidenceLocked = async (work: () => Promise<void>) => {
    await blocker.query('BEGIN; LOCK TABLE evidence IN ACCESS EXCLUSIVE MODE');
    await work();
    await blocker.query('ROLLBACK');
  };

  await withEvidenceLocked(async () => {
    t.match(await revoke(), { status: 503, body: { code: /^(evidence|store)_unavailable$/ } });
  });
  t.same(await recorded(), []);
  t.match(await revoke(), { status: 201 }, 'asked again, it is new');
  t.same(await recorded(), ['admin.revocations.revoke']);
  t.equal(await call(), 401, 'and in force');
  const again = await revoke();
  t.equal(again.status, 200, 'asked once more, it is known');
  t.same(await recorded(), ['admin.revocations.revoke'], 'and recorded once');

  const { id } = again.body;
  await withEvidenceLocked(async () => {
    t.match(await admin('DELETE', `revocations/${id}`, decision), { status: 503 });
  });
  t.equal(await call(), 401, 'what was not recorded is not lifted');
  t.match(await admin('DELETE', `revocations/${id}`, decision), { status: 200 });
  t.same(await recorded(), ['admin.revocations.revoke', 'admin.revocations.lift']);
  t.equal(await call(), 200);
});
