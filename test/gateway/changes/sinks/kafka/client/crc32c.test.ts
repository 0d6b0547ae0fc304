import fc from 'fast-check';
import t from 'tap';
import { crc32c } from '../../../../../../gateway/changes/sinks/kafka/client/crc32c.ts';

/** Bit by bit, as RFC 3720 has it. */
function bitwise(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc;
}

t.test('of any bytes, wherever they begin and end', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), fc.nat(60), (array, start, length) => {
      const bytes = Buffer.from(array);
      const [from, to] = [Math.min(start, bytes.length), Math.min(start + length, bytes.length)];
      return crc32c(bytes, from, to) === bitwise(bytes.subarray(from, to));
    }),
    { numRuns: 1000 },
  );
});
