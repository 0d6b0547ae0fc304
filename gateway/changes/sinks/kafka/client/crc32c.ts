/** CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of Kafka's record batches, eight bytes a step ("slicing by 8"). */
const POLYNOMIAL = 0x82f63b78;

const [T0, T1, T2, T3, T4, T5, T6, T7] = tables();

/** @returns 32 bits, signed */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  let crc = -1;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    // Only the first four bytes depend on the checksum so far; the other four are looked up without waiting for it.
    const rest = T3[bytes[i + 4]!]! ^ T2[bytes[i + 5]!]! ^ T1[bytes[i + 6]!]! ^ T0[bytes[i + 7]!]!;
    crc = T7[crc & 0xff]! ^ T6[(crc >>> 8) & 0xff]! ^ T5[(crc >>> 16) & 0xff]! ^ T4[crc >>> 24]! ^ rest;
  }
  for (; i < end; i++) crc = T0[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc;
}

type Table = Int32Array;

/** Table n has the checksum of each byte followed by n zero bytes. */
function tables(): readonly [Table, Table, Table, Table, Table, Table, Table, Table] {
  const first = new Int32Array(256).map((_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  const next = (table: Table) => table.map((crc) => first[crc & 0xff]! ^ (crc >>> 8));
  const [second, third] = [next(first), next(next(first))];
  const fourth = next(third);
  const [fifth, sixth] = [next(fourth), next(next(fourth))];
  const seventh = next(sixth);
  return [first, second, third, fourth, fifth, sixth, seventh, next(seventh)];
}
