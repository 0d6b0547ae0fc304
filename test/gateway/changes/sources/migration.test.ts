/** A database from before polling: what was pushed then is recognised when it is polled now. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import t from 'tap';
import { appendWhatFits } from '../../../../gateway/changes/intake/append.ts';
import { checkBatch } from '../../../../gateway/changes/intake/check.ts';
import { openPool, type Pool, transaction } from '../../../../gateway/store/pool.ts';
import { migrate } from '../../../../gateway/store/prepare/migrate.ts';
import { freshDatabase } from '../../../support/database.ts';
import { changeOf, codeOf, stream } from '../support.ts';

const directory = new URL('../../../../gateway/store/migrations/', import.meta.url);

/** As `migrate` did before this migration was there. */
async function migrateUpTo(pool: Pool, end: string): Promise<void> {
  await pool.query(
    'CREATE TABLE migration (name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  for (const name of (await readdir(directory)).sort().filter((name) => name < end)) {
    const sql = await readFile(new URL(name, directory), 'utf8');
    await pool.query(sql);
    const digest = createHash('sha256').update(sql).digest('hex');
    await pool.query('INSERT INTO migration (name, digest) VALUES ($1, $2)', [name, digest]);
  }
}

t.test('rows from before get the digest of their state', async (t) => {
  const pool = openPool({
    url: await freshDatabase(t),
    name: 'test',
    max: 4,
    onIdleError: () => {},
  });
  t.teardown(() => pool.end());
  await migrateUpTo(pool, '032');
  const pushed = [changeOf(1, 1), changeOf(2, 1), changeOf(3, 2, { operation: 'deleted' })];
  await pool.query(`INSERT INTO stream (registry, last) VALUES ('business', 3)`);
  for (const [index, change] of checkBatch(stream, { changes: pushed }).changes.entries()) {
    const { entity, subject, version, operation, occurredAt, changedFields, data, dimensions } = change;
    const digest = Buffer.from(change.digest, 'latin1');
    await pool.query(
      `INSERT INTO change (registry, position, entity, subject, version, operation, occurred_at, changed_fields, data,
                           size, digest, superseded, dimensions_after)
       VALUES ('business', $1, $2, $3, $4, $5, $6, $7, $8, 1, $9, false, $10)`,
      [index + 1, entity, subject, version, operation, occurredAt, changedFields, data, digest, dimensions],
    );
    await pool.query(
      `INSERT INTO subject_head (registry, entity, subject, version, digest, dimensions)
       VALUES ('business', $1, $2, $3, $4, $5)`,
      [entity, subject, version, digest, dimensions],
    );
  }
  await pool.query(`DELETE FROM change WHERE subject = $1`, [codeOf(2)]);

  await migrate(pool);
  const polled = [...pushed, changeOf(1, 1, { name: 'khác' })].map((change) => ({
    ...change,
    occurredAt: '2026-03-01T08:07:00+07:00',
  }));
  const [same, other] = [polled.slice(0, 3), polled.slice(3)].map((changes) =>
    checkBatch(stream, { changes }, 'state'),
  );
  const append = (batch: typeof same) =>
    transaction(pool, (client) => appendWhatFits(client, 'business', batch!));
  t.match(await append(same), { accepted: 0, duplicates: 3, conflicts: [] });
  t.match(await append(other), { accepted: 0, duplicates: 0, conflicts: [{ subject: codeOf(1) }] });
});
