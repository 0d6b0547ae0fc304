import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import t from 'tap';
import { crc32c } from '../../../../../../gateway/changes/sinks/kafka/client/crc32c.ts';
import {
  type ProduceArguments,
  produceRequest,
  writeProduceRequestsAtOnce,
} from '../../../../../../gateway/changes/sinks/kafka/client/produce-request.ts';

const require = createRequire(import.meta.url);
/** kafkajs' own; `produce-request.ts` takes the place of version 7 alone. */
const version6: typeof produceRequest = require('kafkajs/src/protocol/requests/produce/v6/request');
const { protocol } = require('kafkajs/src/protocol/requests/produce') as {
  protocol(of: { version: number }): (given: ProduceArguments) => { request: { encode: unknown } };
};

const NOW = 1_767_225_600_123;
t.before(() => t.intercept(Date, 'now', { value: () => NOW }));

/** The body of the request, which is the same in versions 3 to 7. */
const encoded = async (request: ReturnType<typeof produceRequest>) => (await request.encode()).buffer;

const given = (messages: kafkajs.Message[], rest: Partial<ProduceArguments> = {}): ProduceArguments => ({
  acks: -1,
  timeout: 8000,
  topicData: [{ topic: 'lienthong.business.enterprise.TT-1.g1', partitions: [{ partition: 4, messages }] }],
  ...rest,
});

const message = (index: number, length: number): kafkajs.Message => ({
  key: `khoá ${index}`,
  value: 'Công ty 𝕏 '.repeat(length).slice(0, length),
  headers: {
    ce_id: `một.${index}`,
    none: '',
    long: 'ế'.repeat(length % 200),
    bytes: Buffer.from([0, 255, index & 0xff]),
  },
});

t.test('the bytes are those of kafkajs, at every length of a length', async (t) => {
  const lengths = [0, 1, 63, 64, 65, 500, 2700, 2731, 8191, 8192, 70_000, 400_000];
  const one = given(lengths.map((length, index) => message(index, length)));
  t.strictSame(await encoded(produceRequest(one)), await encoded(version6(one)));
  const many = given(Array.from({ length: 500 }, (_, index) => message(index, index)));
  t.strictSame(await encoded(produceRequest(many)), await encoded(version6(many)));
});

t.test('several topics and partitions, bytes as key and value, no headers', async (t) => {
  const bare = { key: Buffer.from('k'), value: Buffer.from('v') };
  const both = given([], {
    acks: 1,
    timeout: 1,
    topicData: [
      {
        topic: 'một',
        partitions: [
          { partition: 0, messages: [bare] },
          { partition: 2, messages: [message(1, 9), bare] },
        ],
      },
      { topic: 'hai', partitions: [{ partition: 1, messages: [message(2, 77)] }] },
    ],
  });
  t.strictSame(await encoded(produceRequest(both)), await encoded(version6(both)));
});

t.test('what the gateway does not send is left to kafkajs', async (t) => {
  const left: Readonly<Record<string, ProduceArguments>> = {
    'a time': given([{ ...message(0, 5), timestamp: '1767225600000' }]),
    'no key': given([{ value: 'v' }]),
    'no value': given([{ key: 'k', value: null }]),
    'several values of a header': given([{ key: 'k', value: 'v', headers: { many: ['a', 'b'] } }]),
    compressed: given([message(0, 500)], { compression: kafkajs.CompressionTypes.GZIP }),
    'no message': given([]),
  };
  for (const [name, one] of Object.entries(left)) {
    t.strictSame(await encoded(produceRequest(one)), await encoded(version6(one)), name);
  }
});

t.test('kafkajs takes it for version 7', async (t) => {
  writeProduceRequestsAtOnce();
  const own = protocol({ version: 7 })(given([message(0, 5)])).request;
  t.equal(String(own.encode), String(produceRequest(given([message(0, 5)])).encode));
  t.not(String(own.encode), String(version6(given([message(0, 5)])).encode));
  t.match(own, { apiVersion: 7, apiName: 'Produce' });
});

t.test('CRC-32C of RFC 3720', async (t) => {
  t.equal(crc32c(Buffer.alloc(32), 0, 32) >>> 0, 0x8a9136aa);
  t.equal(crc32c(Buffer.from('..123456789.'), 2, 11) >>> 0, 0xe3069283);
});
