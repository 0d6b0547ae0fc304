/** A new subscription has the time of a route and that of its endpoint; without PostgreSQL no endpoint is asked for it. */
import pg from 'pg';
import t from 'tap';
import { creationDeadline } from '../../../gateway/exchange/catalogue-routes.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { startReceiver, status } from '../changes/sinks/webhooks/receiver.ts';

const WEBHOOK_SECONDS = 6;
const gateway = await startTestGateway(t, {
  variables: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', WEBHOOK_SECONDS: String(WEBHOOK_SECONDS) },
});
const token = await gateway.token('G12.thue');
const subscribe = async (url: string, signal?: AbortSignal) => {
  const began = performance.now();
  const answer = await fetch(`${gateway.url}/v1/subscriptions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-purpose': 'quan-ly-thue',
    },
    body: JSON.stringify({ url, registry: 'business' }),
    ...(signal && { signal }),
  });
  const { code, reason } = (await answer.json()) as { code?: string; reason?: string };
  return { status: answer.status, code, reason, milliseconds: performance.now() - began };
};

t.test('no endpoint is asked while PostgreSQL cannot take the subscription', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answerChallenge = () => {}; // never
  const blocker = new pg.Client(gateway.databaseUrl);
  await blocker.connect();
  t.teardown(() => blocker.end());
  await blocker.query('BEGIN; LOCK TABLE subscription IN ACCESS EXCLUSIVE MODE');
  const { milliseconds, ...answer } = await subscribe(receiver.url);
  t.match(answer, { status: 503, code: 'store_unavailable' });
  t.ok(milliseconds < WEBHOOK_SECONDS * 1000, `nobody waits for the endpoint: ${milliseconds} ms`);
  t.equal(receiver.challenges.length, 0);
  await blocker.query('ROLLBACK');

  const caller = new AbortController();
  const asked = subscribe(receiver.url, caller.signal);
  await until(() => receiver.challenges.length === 1);
  caller.abort();
  await t.rejects(asked, { name: 'AbortError' }, 'and then it is asked');
});

t.test('an endpoint takes its whole time, and the refusal has its own', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answerChallenge = () => {};
  await gateway.query(`
    CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.6); RETURN NEW; END $$`);
  await gateway.query(
    'CREATE TRIGGER take_time BEFORE INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION take_time()',
  );
  const { milliseconds, ...answer } = await subscribe(receiver.url);
  t.same(answer, { status: 422, code: 'endpoint_unverified', reason: 'no_answer' });
  t.ok(milliseconds >= WEBHOOK_SECONDS * 1000 - 100, `${milliseconds} ms`);
  t.ok(milliseconds <= creationDeadline({ answerTime: WEBHOOK_SECONDS * 1000 }) + 1000, `${milliseconds} ms`);
  await gateway.query('DROP TRIGGER take_time ON evidence');
});

t.test('a system with the most subscriptions is refused before its endpoint is called', async (t) => {
  const full = await startTestGateway(t, {
    variables: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', WEBHOOK_SUBSCRIPTIONS: '1' },
  });
  const receiver = await startReceiver(t);
  const ask = async () =>
    full.send('/v1/subscriptions', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await full.token('G12.thue')}`,
        'content-type': 'application/json',
        'x-purpose': 'quan-ly-thue',
      },
      body: JSON.stringify({ url: receiver.url, registry: 'business' }),
    });
  t.match(await ask(), { status: 201 });
  receiver.answerChallenge = status(500);
  t.match(await ask(), { status: 409, body: { code: 'subscriptions_exhausted' } });
  t.equal(receiver.challenges.length, 1);
});
