import t from 'tap';
import { deleteExpiredEvidence } from '../../../gateway/evidence/retention.ts';
import type { Pool } from '../../../gateway/store/pool.ts';
import { transaction } from '../../../gateway/store/pool.ts';
import { entry, opened, twoPools } from './support.ts';

async function appendAged(
  owner: Pool,
  evidence: ReturnType<typeof opened>['evidence'],
  requestId: string,
  age: string,
) {
  // Time travel for tests: the column's default is what sets the time.
  await owner.query(`ALTER TABLE evidence ALTER COLUMN at SET DEFAULT now() - interval '${age}'`);
  await evidence.append(entry({ requestId, request: 'x' }));
  await owner.query('ALTER TABLE evidence ALTER COLUMN at SET DEFAULT now()');
}

t.test('an entry cannot be changed, deleted or emptied away', async (t) => {
  const { owner, pool } = await twoPools(t);
  const { evidence } = opened(t, pool);
  await evidence.append(entry());
  for (const statement of [
    'UPDATE evidence SET status = 500',
    'UPDATE evidence SET agreement = NULL',
    "UPDATE evidence SET salt = '\\x00'",
    'UPDATE evidence SET salt = NULL, status = 500',
    "UPDATE evidence SET at = at - interval '2 years'",
    'DELETE FROM evidence',
    'TRUNCATE evidence',
  ]) {
    await t.rejects(pool.query(statement), { code: '42501' }, statement);
    const refusal = { code: '42501', message: 'evidence is append-only' };
    await t.rejects(owner.query(statement), refusal, `${statement}, by the owner`);
  }
  t.same((await pool.query('SELECT status, agreement FROM evidence')).rows, [
    { status: 200, agreement: 'TT-2026-H26-01' },
  ]);
});

t.test('the salt alone may be erased: the digests then prove nothing of the bytes', async (t) => {
  const { owner, pool } = await twoPools(t);
  const { evidence } = opened(t, pool);
  await evidence.append(entry({ request: 'x' }));
  await owner.query('UPDATE evidence SET salt = NULL');
  const { rows } = await pool.query('SELECT salt, request_digest FROM evidence');
  t.equal(rows[0].salt, null);
  t.equal(rows[0].request_digest.length, 32);
});

t.test('retention deletes what is older than its months, and nothing else', async (t) => {
  const { owner, pool } = await twoPools(t);
  const { evidence } = opened(t, pool);
  await appendAged(owner, evidence, 'old', '13 months');
  await appendAged(owner, evidence, 'kept', '11 months');
  await evidence.append(entry({ requestId: 'new' }));
  await pool.query(
    "INSERT INTO refusal_count VALUES (now() - interval '13 months', 'a', 'c', 1), (now(), 'a', 'c', 1)",
  );

  t.equal(await deleteExpiredEvidence(pool), 1);
  t.equal(await deleteExpiredEvidence(pool), 0);
  const { rows } = await pool.query('SELECT request_id FROM evidence ORDER BY at');
  t.same(rows, [{ request_id: 'kept' }, { request_id: 'new' }]);
  t.same((await pool.query('SELECT count(*) FROM refusal_count')).rows, [{ count: 1 }]);

  t.equal(await deleteExpiredEvidence(pool, 3), 0, 'not less than the owner says');
  await owner.query('UPDATE evidence_retention SET months = 3');
  t.equal(await deleteExpiredEvidence(pool, 3), 1);
  await t.rejects(deleteExpiredEvidence(pool, 0), RangeError);
  await t.rejects(deleteExpiredEvidence(pool, 1.5), RangeError);
});

t.test('a declared retention does not allow the deletion of younger entries', async (t) => {
  const { owner, pool } = await twoPools(t);
  const { evidence } = opened(t, pool);
  await evidence.append(entry());
  for (const months of ['12', '0', '-1', '']) {
    const deleting = transaction(owner, async (client) => {
      await client.query("SELECT set_config('lienthong.evidence_retention_months', $1, true)", [months]);
      await client.query('DELETE FROM evidence');
    });
    await t.rejects(deleting, { code: '42501' }, `months: ${months}`);
  }
});
