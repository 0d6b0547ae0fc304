import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import t from 'tap';
import type { ProduceArguments } from '../../../../../../gateway/changes/sinks/kafka/client/codec.ts';
import { crc32c } from '../../../../../../gateway/changes/sinks/kafka/client/crc32c.ts';
import { produceCodec } from '../../../../../../gateway/changes/sinks/kafka/client/produce-request.ts';

/** kafkajs' own. */
const version7: (given: ProduceArguments) => { encode(): Promise<{ buffer: Buffer }> } = createRequire(
  import.meta.url,
)('kafkajs/src/protocol/requests/produce/v7/request');

const NOW = 1_767_225_600_123;
t.before(() => t.intercept(Date, 'now', { value: () => NOW }));

const byKafkajs = async (one: ProduceArguments) => (await version7(one).encode()).buffer;

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
  t.strictSame(produceCodec.encode(one), await byKafkajs(one));
  const many = given(Array.from({ length: 500 }, (_, index) => message(index, index)));
  t.strictSame(produceCodec.encode(many), await byKafkajs(many));
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
  t.strictSame(produceCodec.encode(both), await byKafkajs(both));
});

t.test('kafkajs encodes the requests that the gateway does not send', async (t) => {
  const left: Readonly<Record<string, ProduceArguments>> = {
    'a time': given([{ ...message(0, 5), timestamp: '1767225600000' }]),
    'no key': given([{ value: 'v' }]),
    'no value': given([{ key: 'k', value: null }]),
    'several values of a header': given([{ key: 'k', value: 'v', headers: { many: ['a', 'b'] } }]),
    compressed: given([message(0, 500)], { compression: kafkajs.CompressionTypes.GZIP }),
    'no message': given([]),
  };
  for (const [name, one] of Object.entries(left)) {
    t.equal(produceCodec.encode(one), undefined, name);
  }
});

t.test('kafkajs makes a buffer for each header; the codec makes one for the request', async (t) => {
  const count = 50;
  const one = given(Array.from({ length: count }, (_, index) => message(index, 20)));
  const headers = count * 4;
  const made = async (work: () => unknown) => {
    const buffers = [
      t.capture(Buffer, 'alloc', Buffer.alloc),
      t.capture(Buffer, 'allocUnsafe', Buffer.allocUnsafe),
      t.capture(Buffer, 'allocUnsafeSlow', Buffer.allocUnsafeSlow),
    ];
    await work();
    return buffers.reduce((sum, calls) => sum + calls().length, 0);
  };
  produceCodec.encode(one); // names of headers are kept
  t.ok((await made(() => byKafkajs(one))) > headers, 'kafkajs');
  t.equal(await made(() => produceCodec.encode(one)), 1, 'the codec');
});

t.test('CRC-32C of RFC 3720', async (t) => {
  t.equal(crc32c(Buffer.alloc(32), 0, 32) >>> 0, 0x8a9136aa);
  t.equal(crc32c(Buffer.from('..123456789.'), 2, 11) >>> 0, 0xe3069283);
});
