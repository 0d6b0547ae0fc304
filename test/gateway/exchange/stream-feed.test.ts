/** The feed as server-sent events, over HTTP, on a gateway as production starts it. */
import t, { type Test } from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import type { StructuredEvent } from '../../../gateway/changes/event.ts';
import { type EventStream, openEventStream } from '../../support/event-stream.ts';
import { type Door, startTestGateway, type TestGateway, until } from '../../support/gateway.ts';

const codes = samples().enterprises.present.slice(0, 5);
const gateway = await startTestGateway(t);

/** Pushes one more version of each enterprise. */
async function push(door: TestGateway, version: number, of: readonly string[] = codes): Promise<void> {
  const changes = of.map((subject) => ({
    entity: 'enterprise',
    subject,
    version,
    operation: 'updated',
    occurredAt: new Date().toISOString(),
    changedFields: ['/numberOfChanges'],
    data: { enterpriseCode: subject, name: `Công ty ${subject}`, status: 'active', numberOfChanges: version },
  }));
  const answer = await door.call('G12.dkkd', 'business.changes.publish', { changes });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
}

async function follow(
  test: Test,
  door: Door,
  options: { query?: string; lastEventId?: string; system?: string; headers?: Record<string, string> } = {},
): Promise<EventStream> {
  const { query = '', lastEventId, system = 'G12.thue', headers = {} } = options;
  const stream = await openEventStream(`${door.url}/v1/changes/business${query}`, {
    authorization: `Bearer ${await door.token(system)}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    ...headers,
  });
  test.teardown(() => stream.cut());
  return stream;
}

const eventsOf = (stream: EventStream): StructuredEvent[] =>
  stream.messages.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data));

t.test('events arrive as they are stored, minimised, numbered, each with its evidence', async (t) => {
  const stream = await follow(t, gateway);
  t.equal(stream.status, 200);
  t.match(stream.headers, {
    'content-type': /^text\/event-stream/,
    'cache-control': 'no-store',
    vary: 'Accept',
    'x-request-id': /./,
  });
  t.equal(stream.headers.signature, undefined);
  await until(() => stream.retry !== undefined);
  await push(gateway, 1);
  await until(() => eventsOf(stream).length === 5);
  await push(gateway, 2);
  await until(() => eventsOf(stream).length === 10);
  const events = eventsOf(stream);
  t.same(
    events.map(({ sequence }) => Number(sequence)),
    Array.from({ length: 10 }, (_, index) => index + 1),
  );
  const page = await gateway.send('/v1/changes/business', {
    headers: { authorization: `Bearer ${await gateway.token('G12.thue')}` },
  });
  t.same(events, page.body.data, 'what the pages tell');
  const rows = await gateway.evidence(String(stream.headers['x-request-id']));
  t.match(rows[0], { kind: 'disclosure', system: 'G12.thue', service: 'business.changes.read', status: 200 });
  t.ok(rows.length >= 2 && rows.length <= 10, 'an entry a chunk');
});
