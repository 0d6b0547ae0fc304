import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import t from 'tap';
import { KafkaSilent } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-connection.ts';
import {
  isAbsence,
  protocolErrorOf,
  refusalOf,
} from '../../../../../../gateway/changes/sinks/kafka/client/kafka-errors.ts';

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

t.test('what kafkajs wraps is seen through', async (t) => {
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
