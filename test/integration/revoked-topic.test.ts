import t from 'tap';
import { startTestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import { administrator } from '../support/kafka-client.ts';
import { OPERATOR_TOKEN, revoke } from '../support/operator.ts';
import { until } from '../support/until.ts';
import { codes, other, push, sentOfOther, TOPIC } from './support/changes.ts';

t.test('a revoked agreement: its topics go, with evidence, and pushes go on', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const gateway = await startTestGateway(t, {
    variables: { KAFKA_BROKERS: kafka.brokers.join(), OPERATOR_TOKEN },
    agreements: [other],
  });
  const admin = await administrator(t, { brokers: [...kafka.brokers] });
  const topics = async () => (await admin.listTopics()).filter((topic) => topic.includes('TT-2026-G12-02'));
  await push(gateway, 1);
  await until(async () => (await topics()).length === 2);

  const revoked = await revoke(gateway, 'agreement', 'TT-2026-G12-02');
  t.equal(revoked.status, 201);
  const answered = performance.now();
  await until(async () => (await topics()).length === 0);
  t.comment(`gone after ${Math.round(performance.now() - answered)} ms`);
  const ends = async () => (await gateway.evidence()).filter(({ code }) => code === 'topic_deleted');
  await until(async () => (await ends()).length === 2);
  t.match(
    (await ends()).find(({ service }) => service === TOPIC),
    {
      kind: 'revocation',
      agreement: 'TT-2026-G12-02',
      agency: 'G12',
      system: 'G12.thue',
      reason: 'revoked',
      status: 200,
    },
  );
  await push(gateway, 2);
  await until(async () => (await sentOfOther(gateway)) === 2 * codes.length);
  t.same(await topics(), [], 'nothing makes them again, while another agreement gets what was pushed');
});
