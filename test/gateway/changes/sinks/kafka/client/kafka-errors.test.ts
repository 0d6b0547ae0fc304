import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import t from 'tap';
import { KafkaSilent } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-connection.ts';
import {
  absenceOf,
  doubtsTopic,
  isAbsence,
  protocolErrorOf,
  refusalOf,
} from '../../../../../../gateway/changes/sinks/kafka/client/kafka-errors.ts';
import { silentBroker } from '../../../../../support/silent-broker.ts';
import { unmended } from './support.ts';

interface Known {
  readonly type: string;
  readonly code: number;
}

const { errorCodes, createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  readonly errorCodes: readonly Known[];
  createErrorFromCode(code: number): Error;
};
const codeOf = (type: string): number => errorCodes.find((one) => one.type === type)!.code;

t.test('only what would be refused again is a refusal; the rest is tried again', async (t) => {
  const reasons = Object.fromEntries(
    errorCodes.flatMap(({ type, code }) => {
      const refusal = refusalOf(createErrorFromCode(code));
      return refusal ? [[type, refusal.reason]] : [];
    }),
  );
  t.same(reasons, {
    MESSAGE_TOO_LARGE: 'too_large',
    RECORD_LIST_TOO_LARGE: 'too_large',
    INVALID_RECORD: 'invalid',
    INVALID_TIMESTAMP: 'invalid',
    CORRUPT_MESSAGE: 'corrupt',
    UNSUPPORTED_FOR_MESSAGE_FORMAT: 'unsupported',
  });
  t.ok(
    (refusalOf(createErrorFromCode(codeOf('CORRUPT_MESSAGE')))?.certainAfter ?? 0) > 1,
    'the wire may be at fault',
  );
});

t.test('the cause of an error that kafkajs has wrapped is found', async (t) => {
  const refused = createErrorFromCode(codeOf('TOPIC_AUTHORIZATION_FAILED'));
  const wrapped = new kafkajs.KafkaJSNumberOfRetriesExceeded(refused, {
    retryCount: 1,
    retryTime: 1,
  });
  t.equal(protocolErrorOf(refused), 'TOPIC_AUTHORIZATION_FAILED');
  t.equal(protocolErrorOf(wrapped), 'TOPIC_AUTHORIZATION_FAILED');
  t.equal(protocolErrorOf(new Error('of ours')), undefined);
  t.equal(isAbsence(wrapped), false, 'a broker answered');
  t.equal(isAbsence(new kafkajs.KafkaJSConnectionError('refused')), true);
  t.equal(isAbsence(new KafkaSilent('too long')), true);
  t.equal(isAbsence(new TypeError('a fault of ours')), false);
});

// https://github.com/tulios/kafkajs/issues/368 brought the time limit of the first request.
t.test(
  'a broker that let its first request run out of time, which kafkajs takes for connected',
  async (t) => {
    const broker = await silentBroker(t);
    const admin = unmended(t, broker.port, {
      requestTimeout: 100,
      connectionTimeout: 100,
      retry: { retries: 0 },
    }).admin();
    await t.rejects(admin.connect(), kafkajs.KafkaJSNumberOfRetriesExceeded);
    const error = await admin.describeCluster().catch((thrown: unknown) => thrown);
    t.notOk(error instanceof kafkajs.KafkaJSError, 'kafkajs: an error without a class of its own');
    t.ok(isAbsence(error));
    t.equal(absenceOf(error), 'no_answer');
  },
);

t.test('codes of newer brokers have no name in kafkajs, and put the topic in doubt', async (t) => {
  for (const code of [100, 103]) {
    const error = createErrorFromCode(code);
    t.match(error, { type: 'KAFKAJS_UNKNOWN_ERROR_CODE' }, 'kafkajs');
    t.ok(doubtsTopic(error));
  }
});
