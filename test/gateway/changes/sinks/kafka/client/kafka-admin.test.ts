/** However far a broker comes before it falls silent, it is reported down, and closing does not wait for it. */
import type { Socket } from 'node:net';
import t from 'tap';
import { openKafkaAdmin } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-admin.ts';
import { clientConfig } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-client.ts';
import type { KafkaConfig } from '../../../../../../gateway/config/kafka.ts';
import { silentBroker } from '../../../../../support/silent-broker.ts';
import { log, until } from '../../../support.ts';
import { configOf } from '../support.ts';

const API_VERSIONS = 18;
const METADATA = 3;

/**
 * Answers ApiVersions (versions 1 and 2) and nothing else: length, correlation id, error code, the requests that it knows
 * with their first and last versions, throttle time. https://kafka.apache.org/protocol#The_Messages_ApiVersions
 */
function sayVersions(socket: Socket, request: Buffer): void {
  if (request.readInt16BE(4) !== API_VERSIONS) return;
  const known = [
    [METADATA, 0, 6],
    [API_VERSIONS, 0, 2],
  ].flat();
  const answer = Buffer.alloc(4 + 4 + 2 + 4 + 2 * known.length + 4);
  answer.writeInt32BE(answer.length - 4, 0);
  request.copy(answer, 4, 8, 12);
  answer.writeInt32BE(known.length / 3, 10);
  for (const [index, number] of known.entries()) answer.writeInt16BE(number, 14 + 2 * index);
  socket.write(answer);
}

const cases: Readonly<Record<string, { settings?: Partial<KafkaConfig>; answers?: typeof sayVersions }>> = {
  'to the first request': {},
  'to the TLS handshake': {
    settings: { tls: { authorities: undefined, client: undefined } },
  },
  'before SASL': { settings: { sasl: { mechanism: 'plain', username: 'a', password: 'b' } } },
  'after it said which requests it knows': { answers: sayVersions },
};

// They spend their time waiting.
t.jobs = Object.keys(cases).length;
for (const [when, { settings, answers }] of Object.entries(cases)) {
  t.test(`a broker that gives no answer ${when} is down`, { buffered: true }, async (t) => {
    const broker = await silentBroker(t, 0, answers);
    const config = { ...configOf([`127.0.0.1:${broker.port}`]), ...settings };
    const admin = openKafkaAdmin(clientConfig(config, log));
    t.same(admin.health(), { status: 'unknown' }, 'it was not asked yet');
    await until(() => admin.health().status !== 'unknown');
    t.same(admin.health(), { status: 'down', reason: 'no_answer' });
    // It is asked again, and is in the middle of that.
    const asked = async () => {
      const before = broker.accepted();
      await until(() => broker.accepted() > before);
    };
    const nobody = { message: /given up|closed/ };
    for (const call of [admin.run, admin.runAlone]) {
      const waits = t.rejects(
        call((one) => one.describeCluster()),
        nobody,
        'what is under way fails',
      );
      await asked();
      admin.interrupt();
      await waits;
    }
    const last = t.rejects(
      admin.runAlone((one) => one.describeCluster()),
      nobody,
    );
    await asked();
    const from = performance.now();
    await admin.close();
    await last;
    await until(() => broker.open.size === 0);
    t.ok(performance.now() - from < 5000, 'nobody is waited for');
  });
}
