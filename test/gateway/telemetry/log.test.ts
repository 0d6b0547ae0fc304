import { Writable } from 'node:stream';
import pg from 'pg';
import t from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import { describeError } from '../../../gateway/telemetry/describe-error.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { freshDatabase } from '../../support/database.ts';

const PERSON = '001090000011';

function kept() {
  const lines: string[] = [];
  const log = createLog(
    'info',
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  return { log, lines };
}

t.test('lines are JSON with level, time and message, and nothing of the machine', async (t) => {
  const { log, lines } = kept();
  log.info({ service: 'business.enterprise.lookup@1' }, 'call');
  log.debug('not at this level');
  t.equal(lines.length, 1);
  const { time, ...rest } = JSON.parse(lines[0]!);
  t.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  t.same(rest, { level: 'info', service: 'business.enterprise.lookup@1', msg: 'call' });
});

t.test('a request is its method and its route, never its URL', async (t) => {
  const { log, lines } = kept();
  const url = `/v1/x/${PERSON}`;
  log.info({ req: { method: 'GET', url, routeOptions: { url: '/v1/x/:id' }, ip: '203.0.113.7' } }, 'x');
  t.same(JSON.parse(lines[0]!).req, { method: 'GET', route: '/v1/x/:id' });
});

t.test('our own errors keep their words', async (t) => {
  t.match(describeError(new Problem('rate_limited')), {
    type: 'Problem',
    code: 'rate_limited',
    message: 'rate_limited',
  });
  const refused = new UpstreamError('refused', { reason: 'officer_not_permitted' });
  t.match(describeError(refused), {
    type: 'UpstreamError',
    message: 'upstream refused (officer_not_permitted)',
  });
  const connect = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
    code: 'ECONNREFUSED',
    errno: -111,
    syscall: 'connect',
  });
  t.match(describeError(connect), { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:5432' });
});

t.test('of other errors the type, the code and the places are told, not the words', async (t) => {
  const leaks: unknown[] = [
    new Error(`no person ${PERSON}`),
    new Error(`several lines\n    at ${PERSON} (file.ts:1:1)\n  ${PERSON}`),
    new Problem('upstream_failed', { cause: new Error(`<SoDinhDanh>${PERSON}</SoDinhDanh>`) }),
    new Error('x', { cause: new Error('y', { cause: PERSON }) }),
    new AggregateError([new Error(PERSON)], PERSON),
    Object.assign(new Error(PERSON), { code: 'E_X', body: PERSON, detail: PERSON }),
    PERSON,
    { toString: () => PERSON },
    undefined,
  ];
  try {
    JSON.parse(`{"personalId": ${PERSON}x}`);
  } catch (error) {
    leaks.push(error);
  }
  const { log, lines } = kept();
  for (const err of leaks) log.error({ err }, 'failed');
  t.equal(lines.length, leaks.length);
  t.notMatch(lines.join(''), PERSON);
  t.match(JSON.parse(lines[0]!).err.stack, /log\.test\.ts/, 'the place is told');
  t.match(JSON.parse(lines.at(-1)!).err.type, 'SyntaxError');
});

t.test('errors of PostgreSQL carry values: only codes and names are told', async (t) => {
  const client = new pg.Client(await freshDatabase(t));
  await client.connect();
  t.teardown(() => client.end());
  await client.query('CREATE TABLE person (id text PRIMARY KEY, born date)');
  await client.query('INSERT INTO person VALUES ($1)', [PERSON]);
  const { log, lines } = kept();
  for (const [sql, values] of [
    ['INSERT INTO person VALUES ($1)', [PERSON]],
    ['INSERT INTO person VALUES ($1, $2)', ['x', PERSON]],
    ['SELECT $1::uuid', [PERSON]],
  ] as const) {
    await client.query(sql, [...values]).catch((err: unknown) => log.error({ err }, 'failed'));
  }
  t.match(JSON.parse(lines[0]!).err, {
    code: '23505',
    table: 'person',
    constraint: 'person_pkey',
    severity: 'ERROR',
  });
  t.equal(lines.length, 3);
  t.notMatch(lines.join(''), PERSON);
});
