import { createHash } from 'node:crypto';
import t from 'tap';
import { circumstances } from '../../../gateway/circumstances/circumstances.ts';
import { undeclared } from '../../../gateway/circumstances/recorded-circumstances.ts';
import { entry, fieldSet, migratedPool, opened, secrets, total, twoPools } from './support.ts';

const PERSON = '001090000011';
const RELATIVE = '001190000012';

t.test('an entry is durable, and visible to others, when append resolves', async (t) => {
  const pool = await migratedPool(t);
  const { evidence, metrics } = opened(t, pool);
  const response = Buffer.from('{"data":{"fullName":"Nguyễn Văn A"}}');
  await evidence.append(entry({ subjects: [PERSON, RELATIVE], request: '{"personalId":"…"}', response }));

  const { rows } = await pool.query('SELECT * FROM evidence_entry');
  t.equal(rows.length, 1);
  const [row] = rows;
  t.match(row, {
    request_id: 'r-1',
    kind: 'disclosure',
    agency: 'H26',
    system: 'H26.motcua',
    key_thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    token_id: 'b7a7c1de-1111-4222-8333-444455556666',
    agreement: 'TT-2026-H26-01',
    purpose: 'dich-vu-cong',
    legal_basis: ['Nghị định 278/2025/NĐ-CP', 'Luật 91/2025/QH15'],
    case_id: 'H26.01-251122-0001',
    officer_id: 'cb-17',
    service: 'population.person.lookup@1',
    key_version: secrets.keyVersion,
    disclosed: ['/fullName'],
    withheld: ['/religion'],
    status: 200,
    code: null,
  });
  t.match(row.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'a UUIDv7');
  t.ok(Math.abs(row.at.getTime() - Date.now()) < 60_000);
  t.same(row.subjects, [secrets.hashSubject(PERSON), secrets.hashSubject(RELATIVE)]);

  const digest = (bytes: string | Buffer) => createHash('sha256').update(row.salt).update(bytes).digest();
  t.equal(row.salt.length, 32);
  t.same(row.request_digest, digest('{"personalId":"…"}'));
  t.same(row.response_digest, digest(response));
  t.equal(await total(metrics.evidenceEntries), 1);
});

t.test('an auditor reads every circumstance', async (t) => {
  const pool = await migratedPool(t);
  const { evidence } = opened(t, pool);
  await evidence.append(
    entry(Object.fromEntries(circumstances.map(({ member, example }) => [member, example]))),
  );
  const { rows } = await pool.query('SELECT * FROM evidence_entry');
  for (const { column, example } of circumstances) t.equal(rows[0][column], example, column);
});

t.test('an unknown value is null, and nothing is invented', async (t) => {
  const pool = await migratedPool(t);
  const { evidence } = opened(t, pool);
  const nothing = { keyThumbprint: undefined, tokenId: undefined, agreement: undefined };
  await evidence.append(
    entry({
      ...nothing,
      kind: 'refusal',
      legalBasis: [],
      ...undeclared,
      fields: undefined,
      status: 403,
      code: 'no_agreement',
    }),
  );
  const { rows } = await pool.query('SELECT * FROM evidence_entry');
  t.match(rows[0], {
    key_thumbprint: null,
    token_id: null,
    agreement: null,
    purpose: null,
    legal_basis: [],
    case_id: null,
    officer_id: null,
    subjects: [],
    disclosed: null,
    withheld: null,
    status: 403,
    code: 'no_agreement',
    request_digest: null,
    response_digest: null,
  });
});

t.test('long bodies are digested like short ones', async (t) => {
  const pool = await migratedPool(t);
  const { evidence } = opened(t, pool);
  const long = 'Đất đai '.repeat(50_000);
  await Promise.all([evidence.append(entry({ request: long, response: Buffer.from(long) }))]);
  const { rows } = await pool.query('SELECT salt, request_digest, response_digest FROM evidence');
  const digest = createHash('sha256').update(rows[0].salt).update(long).digest();
  t.same(rows[0].request_digest, digest);
  t.same(rows[0].response_digest, digest);
});

t.test('no number of a person is in the tables or in the log', async (t) => {
  const pool = await migratedPool(t);
  const { evidence, lines } = opened(t, pool);
  const body = JSON.stringify({ personalId: PERSON });
  await evidence.append(entry({ subjects: [PERSON], request: body, response: body }));
  // A row that PostgreSQL refuses, with the number in it: its error's detail quotes the row.
  await t.rejects(evidence.append(entry({ subjects: [PERSON], caseId: `${PERSON}\0` })));
  const { rows } = await pool.query(
    'SELECT e::text AS text FROM evidence e UNION ALL SELECT f::text FROM field_set f',
  );
  t.ok(rows.length >= 2, 'an entry, and a set of fields');
  for (const { text } of rows) t.notMatch(text, PERSON);
  t.ok(lines.length > 0, 'the failure was logged');
  t.notMatch(lines.join(''), PERSON);
});

t.test('entries that come together are committed together', async (t) => {
  const pool = await migratedPool(t);
  const { evidence, metrics } = opened(t, pool);
  await Promise.all(Array.from({ length: 3000 }, (_, i) => evidence.append(entry({ requestId: `r-${i}` }))));
  const { rows } = await pool.query(
    'SELECT count(*) AS rows, count(DISTINCT request_id) AS requests FROM evidence',
  );
  t.same(rows[0], { rows: 3000, requests: 3000 });
  t.equal(await total(metrics.evidenceEntries), 3000);
  const { values } = await metrics.evidenceCommitSeconds.get();
  const groups = values.find(({ metricName }) => metricName?.endsWith('_count'))!.value;
  t.ok(groups <= 20, `${groups} groups`);
});

t.test('a field set is stored once, before the first entry that refers to it', async (t) => {
  const pool = await migratedPool(t);
  const one = opened(t, pool);
  const other = opened(t, pool);
  const sets = [fieldSet(['/a'], ['/b']), fieldSet(['/a', '/b'], []), fieldSet(['/"quoted", {odd}'], ['/*'])];
  await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      [one, other][i % 2]!.evidence.append(entry({ fields: sets[i % 3] })),
    ),
  );
  const { rows } = await pool.query(
    'SELECT disclosed, withheld, count(*) AS entries FROM evidence_entry GROUP BY 1, 2 ORDER BY 1',
  );
  t.same(
    rows,
    [sets[2]!, sets[0]!, sets[1]!].map(({ disclosed, withheld }) => ({ disclosed, withheld, entries: 20 })),
  );
});

t.test('one entry that cannot be stored does not spoil the others of its group', async (t) => {
  const pool = await migratedPool(t);
  const { evidence, metrics } = opened(t, pool);
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) =>
      evidence.append(entry({ requestId: `r-${i}`, caseId: i === 17 ? 'NUL\0' : undefined })),
    ),
  );
  t.same(
    results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : [])),
    [17],
  );
  const { rows } = await pool.query('SELECT count(DISTINCT request_id) AS requests FROM evidence');
  t.equal(rows[0].requests, 39);
  t.equal(await total(metrics.evidenceFailures), 1);
  await t.resolves(evidence.append(entry()), 'and the log goes on');
});

t.test('every connection that commits evidence waits for the disk, whatever the default', async (t) => {
  const { owner, pool } = await twoPools(t);
  await owner.query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`);
  await owner.query(`
    CREATE TABLE seen (setting text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
    CREATE TRIGGER note AFTER INSERT ON evidence FOR EACH STATEMENT EXECUTE FUNCTION note()`);
  const { evidence } = opened(t, pool);
  await evidence.append(entry());
  t.same((await owner.query('SELECT * FROM seen')).rows, [{ setting: 'on' }]);
});

t.test('close commits what waits; after it nothing is taken', async (t) => {
  const pool = await migratedPool(t);
  const { evidence } = opened(t, pool);
  const appended = Array.from({ length: 700 }, () => evidence.append(entry()));
  await evidence.close();
  await Promise.all(appended);
  t.same((await pool.query('SELECT count(*) FROM evidence')).rows, [{ count: 700 }]);
  await t.rejects(evidence.append(entry()), /closed/);
});
