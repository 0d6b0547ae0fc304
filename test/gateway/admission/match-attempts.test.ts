import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { type MatchAttempt, openMatchAttempts } from '../../../gateway/admission/match-attempts.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import type { Pool } from '../../../gateway/store/pool.ts';
import { createMetrics } from '../../../gateway/telemetry/metrics.ts';
import { asOwner, ownPostgres } from '../../support/database.ts';
import { log, migratedPool } from './support.ts';

const AGREEMENT = 'TT-2026-H26-01';
const hash = (text: string) => createHash('sha256').update(text).digest();
const PERSON = hash('001090000011');

function replica(pool: Pool) {
  const metrics = createMetrics();
  const attempts = openMatchAttempts({ pool, metrics, log });
  const begin = (guess: string, subject = PERSON, agreement = AGREEMENT) =>
    attempts.begin(agreement, subject, hash(guess), undefined);
  /** The same values, held against a number. */
  const hold = (values: string, number: string, agreement = AGREEMENT) =>
    attempts.begin(agreement, hash(number), hash(`${number} ${values}`), hash(values));
  const fail = async (guess: string) => (await begin(guess)).failed();
  return { metrics, attempts, begin, hold, fail };
}

async function exhausted(t: Test, attempt: Promise<MatchAttempt>): Promise<number> {
  const problem = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(problem instanceof Problem)) throw new Error('was not refused');
  t.match(problem, { code: 'match_attempts_exhausted', status: 429, members: { agreement: AGREEMENT } });
  return problem.members.retryAfter!;
}

t.test('five failures in 24 hours, then no more; not for others', async (t) => {
  const pool = await migratedPool(t);
  const { metrics, fail, begin } = replica(pool);
  for (let i = 0; i < 5; i++) await fail(`guess ${i}`);
  const wait = await exhausted(t, begin('the right one'));
  t.ok(wait > 86_000 && wait <= 86_400, `${wait} s`);
  t.match((await metrics.matchAttemptsExhausted.get()).values, [
    { value: 1, labels: { agreement: AGREEMENT } },
  ]);
  await (await begin('x', hash('another person'))).failed();
  await (await begin('x', PERSON, 'TT-2026-G12-01')).failed();
});

t.test('the same wrong guess counts once in 24 hours, on all replicas', async (t) => {
  const pool = await migratedPool(t);
  const [one, other] = [replica(pool), replica(pool)];
  for (let i = 0; i < 6; i++) await (i % 2 ? one : other).fail('wrong');
  const together = await Promise.all(
    Array.from({ length: 8 }, (_, i) => (i % 2 ? one : other).begin('wrong')),
  );
  await Promise.all(together.map((attempt) => attempt.failed()));
  for (let i = 2; i <= 4; i++) await one.fail(`wrong ${i}`);

  const again = await one.begin('wrong');
  await (await other.begin('the right one')).matched();
  await again.failed();
  await one.fail('wrong 5');
  await exhausted(t, other.begin('wrong'));

  await pool.query("UPDATE match_failure SET at = at - interval '24 hours'");
  await one.fail('wrong');
  t.same((await pool.query("SELECT count(*) FROM match_failure WHERE at > now() - interval '1 hour'")).rows, [
    { count: 1 },
  ]);
});

t.test('a failure stops counting after 24 hours', async (t) => {
  const pool = await migratedPool(t);
  const { fail, begin, attempts } = replica(pool);
  for (let i = 0; i < 5; i++) await fail(`guess ${i}`);
  await pool.query(
    "UPDATE match_failure SET at = at - interval '23 hours' WHERE ctid = (SELECT min(ctid) FROM match_failure)",
  );
  const wait = await exhausted(t, begin('x'));
  t.ok(wait > 3000 && wait <= 3600, `${wait} s`);
  await pool.query(
    "UPDATE match_failure SET at = at - interval '1 hour' WHERE at < now() - interval '22 hours'",
  );
  await fail('one more');
  await exhausted(t, begin('x'));
  await attempts.clean();
  t.same((await pool.query('SELECT count(*) FROM match_failure')).rows, [{ count: 5 }]);
});

t.test('matches and unanswered calls leave no trace', async (t) => {
  const pool = await migratedPool(t);
  const { begin } = replica(pool);
  for (let i = 0; i < 20; i++) await (await begin('right')).matched();
  for (let i = 0; i < 20; i++) await (await begin(`guess ${i}`)).abandoned();
  t.same(
    (
      await pool.query(
        'SELECT (SELECT count(*) FROM match_failure) AS f, (SELECT count(*) FROM match_attempt) AS a',
      )
    ).rows,
    [{ f: 0, a: 0 }],
  );
});

t.test('of 64 different guesses at once, on two replicas, five are answered', async (t) => {
  const pool = await migratedPool(t);
  const replicas = [replica(pool), replica(pool)];
  const results = await Promise.allSettled(
    Array.from({ length: 64 }, async (_, i) => {
      const attempt = await replicas[i % 2]!.begin(`guess ${i}`);
      await attempt.failed();
      return i;
    }),
  );
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 5);
  await exhausted(t, replicas[0]!.begin('one more'));
});

t.test(
  'guesses under way count, of any replica, until they are answered or a minute has passed',
  async (t) => {
    const pool = await migratedPool(t);
    const [one, other] = [replica(pool), replica(pool)];
    await one.fail('wrong');
    const pending = await Promise.all(
      ['a', 'b', 'c', 'd'].map((guess, i) => [one, other][i % 2]!.begin(guess)),
    );
    t.equal(await exhausted(t, one.begin('e')), 60);
    await t.resolves(one.begin('a'), 'equal guesses share one answer');
    await pending[1]!.matched();
    const fifth = await one.begin('e');
    await exhausted(t, other.begin('f'));
    await fifth.abandoned();
    await pool.query("UPDATE match_attempt SET at = at - interval '61 seconds'");
    await t.resolves(one.begin('f'));
    await one.attempts.clean();
    t.same((await pool.query('SELECT count(*) FROM match_attempt')).rows, [{ count: 1 }]);
  },
);

t.test('a correct value that many ask for at once is never refused', async (t) => {
  const { begin } = replica(await migratedPool(t));
  const attempts = await Promise.all(Array.from({ length: 64 }, () => begin('right')));
  await Promise.all(attempts.map((attempt) => attempt.matched()));
  t.pass();
});

t.test('an attempt whose reservation is gone counts all the same', async (t) => {
  const pool = await migratedPool(t);
  const { begin, fail } = replica(pool);
  const attempt = await begin('slow');
  await asOwner(pool, 'TRUNCATE match_attempt'); // as after a crash of PostgreSQL
  await attempt.failed();
  for (let i = 0; i < 4; i++) await fail(`guess ${i}`);
  await exhausted(t, begin('x'));
});

t.test('one name and birth date against a hundred numbers in 24 hours, then no more', async (t) => {
  const pool = await migratedPool(t);
  const [one, other] = [replica(pool), replica(pool)];
  const reserved = async () => (await pool.query('SELECT FROM match_attempt')).rowCount;
  for (let i = 0; i < 20; i++) await (await one.hold('Lê Linh 1993', `right ${i}`)).matched();
  const results = await Promise.allSettled(
    Array.from({ length: 130 }, async (_, i) => {
      await (await (i % 2 ? one : other).hold('Lê Linh 1993', `number ${i}`)).failed();
    }),
  );
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 100);
  const wait = await exhausted(t, one.hold('Lê Linh 1993', 'the right one'));
  t.ok(wait > 86_000 && wait <= 86_400, `${wait} s`);
  t.equal(await reserved(), 0, 'what is refused reserves nothing');

  await (await one.hold('Lê Linh 1994', 'number 1')).failed();
  await (await one.hold('Lê Linh 1993', 'number 1', 'TT-2026-G12-01')).failed();
  await (await one.begin('a name alone', hash('number 1'))).failed();
  await pool.query("UPDATE match_failure SET at = at - interval '24 hours'");
  await (await one.hold('Lê Linh 1993', 'the right one')).matched();
});

t.test('a number that failed with the same values counts once among them', async (t) => {
  const { hold } = replica(await migratedPool(t));
  for (let i = 0; i < 120; i++) await (await hold('Lê Linh 1993', 'one number')).failed();
  await (await hold('Lê Linh 1993', 'another')).matched();
  for (let i = 0; i < 4; i++) await (await hold(`Lê Linh ${i}`, 'one number')).failed();
  await exhausted(t, hold('Lê Linh 5', 'one number'));
});

t.test('without PostgreSQL nothing is tried', async (t) => {
  const server = await ownPostgres(t);
  const { begin } = replica(await migratedPool(t, server.url));
  const attempt = await begin('x');
  await server.halt();
  const unavailable = { code: 'store_unavailable', status: 503 };
  await t.rejects(begin('y'), unavailable);
  await t.rejects(attempt.failed(), unavailable);
});
