import { createRequire } from 'node:module';
import fc from 'fast-check';
import t from 'tap';
import { murmur2, partitionOf } from '../../../../../../gateway/changes/sinks/kafka/topics/partition.ts';

// The vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
const vectors: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
];

t.test('murmur2 is that of the Java client', async (t) => {
  for (const [key, hash] of vectors) t.equal(murmur2(Buffer.from(key)), hash, key);
});

t.test('a key goes where kafkajs would put it', async () => {
  const theirs: (key: Buffer) => number = createRequire(import.meta.url)(
    'kafkajs/src/producer/partitioners/default/murmur2',
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 70 }), fc.integer({ min: 1, max: 100 }), (key, partitions) => {
      return partitionOf(key, partitions) === (theirs(Buffer.from(key)) & 0x7fffffff) % partitions;
    }),
  );
});
