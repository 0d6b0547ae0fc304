/** A publication and its evidence are committed together, or neither: on a real gateway and a real PostgreSQL. */
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const [enterpriseCode] = samples().enterprises.present;

async function changeOf(gateway: TestGateway, version: number) {
  const { body } = await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode });
  return {
    entity: 'enterprise',
    subject: enterpriseCode,
    version,
    operation: 'updated',
    occurredAt: '2026-11-20T08:00:00+07:00',
    changedFields: ['/name'],
    data: { ...(body.data as object), numberOfChanges: version },
  };
}

const outbox = (gateway: TestGateway) =>
  gateway.query<{ xmin: string; version: number }>(
    'SELECT xmin::text, version FROM change ORDER BY position',
  );

t.test('one transaction holds both', async (t) => {
  const gateway = await startTestGateway(t);
  const change = await changeOf(gateway, 2);
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [change] });
  t.match(answer, { status: 201, body: { accepted: 1, duplicates: 0 } });
  const rows = await gateway.query<{ xmin: string; kind: string; status: number; salted: boolean }>(
    'SELECT xmin::text, kind, status, request_digest IS NOT NULL AS salted FROM evidence WHERE request_id = $1',
    [answer.headers['x-request-id']],
  );
  const [stored] = await outbox(gateway);
  t.same(rows, [{ xmin: stored?.xmin, kind: 'publication', status: 201, salted: true }]);
  t.match(
    (await gateway.operations('/metrics')).text,
    /^lienthong_evidence_entries_total\{kind="publication"\} 1$/m,
  );

  const again = { ...change, data: { ...change.data, name: 'khác' } };
  const refusal = await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [again] });
  refused(t, refusal, 409, 'change_conflict');
  t.same(
    (await gateway.evidence(refusal.headers['x-request-id'])).map(({ kind }) => kind),
    ['refusal'],
    'what was not stored was not published',
  );
});

t.test('no evidence, no publication', async (t) => {
  const gateway = await startTestGateway(t);
  const change = await changeOf(gateway, 2);
  await gateway.query(`ALTER TABLE evidence ADD CONSTRAINT none CHECK (kind <> 'publication') NOT VALID`);
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [change] });
  refused(t, answer, 503, 'evidence_unavailable');
  t.same(await outbox(gateway), []);
  await gateway.query('ALTER TABLE evidence DROP CONSTRAINT none');
  const second = await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [change] });
  t.match(second, { status: 201, body: { accepted: 1 } });
  t.equal((await outbox(gateway)).length, 1);
});

t.test('the evidence is written first: the lock of the stream is taken last', async (t) => {
  const gateway = await startTestGateway(t);
  const change = await changeOf(gateway, 2);
  await gateway.query(`CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM change) THEN RAISE EXCEPTION 'the changes came first'; END IF;
      RETURN NEW;
    END $$`);
  await gateway.query(`CREATE TRIGGER look BEFORE INSERT ON evidence FOR EACH ROW
    WHEN (NEW.kind = 'publication') EXECUTE FUNCTION look()`);
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [change] });
  t.equal(answer.status, 201);
});
