/**
 * Columns of many rows as parameters in PostgreSQL's binary array format (`array_recv`): node-postgres sends a Buffer
 * unchanged, so a thousand JSON documents are not quoted, escaped and parsed again.
 *
 * Cast each parameter where it is used: `unnest($1::text[], $2::int8[])`.
 */
const TEXT = 25;
const INT8 = 20;
const BYTEA = 17;
const BOOL = 16;

export function textColumn(values: readonly (string | null)[]): Buffer {
  let size = 0;
  for (const value of values) size += value === null ? 0 : Buffer.byteLength(value);
  return column(TEXT, values, size, (value, buffer, offset) => buffer.write(value, offset));
}

/** Whole numbers below 2^53. */
export function bigintColumn(values: readonly number[]): Buffer {
  return column(INT8, values, values.length * 8, (value, buffer, offset) => {
    buffer.writeBigInt64BE(BigInt(value), offset);
    return 8;
  });
}

/** A string stands for its bytes in latin1: a small Buffer costs more than its content. */
export function byteaColumn(values: readonly (Buffer | string | null)[]): Buffer {
  const size = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  return column(BYTEA, values, size, (value, buffer, offset) =>
    typeof value === 'string' ? buffer.write(value, offset, 'latin1') : value.copy(buffer, offset),
  );
}

export function booleanColumn(values: readonly boolean[]): Buffer {
  return column(BOOL, values, values.length, (value, buffer, offset) => {
    buffer[offset] = value ? 1 : 0;
    return 1;
  });
}

/** int32 dimensions, int32 has nulls, int32 element type, int32 length, int32 lower bound, then int32 size + bytes. */
function column<T>(
  type: number,
  values: readonly (T | null)[],
  size: number,
  write: (value: T, buffer: Buffer, offset: number) => number,
): Buffer {
  const buffer = Buffer.allocUnsafe(20 + values.length * 4 + size);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(type, 8);
  buffer.writeInt32BE(values.length, 12);
  buffer.writeInt32BE(1, 16);
  let offset = 20;
  for (const value of values) {
    const written = value === null ? -1 : write(value, buffer, offset + 4);
    buffer.writeInt32BE(written, offset);
    offset += 4 + Math.max(written, 0);
  }
  return buffer;
}
