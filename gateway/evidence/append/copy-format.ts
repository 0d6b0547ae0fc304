/**
 * PostgreSQL's binary COPY format, written into one growing buffer.
 *
 *     file   = signature, int32 flags (0), int32 extension length (0), tuple*, int16 -1
 *     tuple  = int16 number of fields, field*
 *     field  = int32 length in bytes (-1: NULL), bytes
 *     array  = int32 dimensions, int32 has nulls, int32 element type, [ int32 length, int32 lower bound (1) ], field*
 *
 * https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
 */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

const ELEMENT_TYPE = { bytea: 17, text: 25 } as const;

/** Longest UTF-8 form of one UTF-16 code unit. */
const UTF8_MAX = 3;

export class CopyBuffer {
  #bytes = Buffer.allocUnsafeSlow(16_384);
  #end = 0;

  constructor() {
    this.#raw(SIGNATURE);
  }

  /** The offset of the next tuple. */
  get position(): number {
    return this.#end;
  }

  /** Drops the bytes from `position` on. */
  cut(position: number): void {
    this.#end = position;
  }

  tuple(fields: number): void {
    this.#room(2);
    this.#end = this.#bytes.writeInt16BE(fields, this.#end);
  }

  smallint(value: number): void {
    this.#int32(2);
    this.#room(2);
    this.#end = this.#bytes.writeInt16BE(value, this.#end);
  }

  text(value: string | undefined): void {
    this.encoded(value, 'utf8');
  }

  /** bytea, or any type whose binary form `value` is (uuid). */
  bytes(value: Uint8Array | undefined): void {
    if (value === undefined) {
      this.#int32(-1);
      return;
    }
    this.#int32(value.length);
    this.#raw(value);
  }

  /** The bytes of `value` in an encoding: a text in UTF-8, or bytea that is at hand as text. */
  encoded(value: string | undefined, encoding: 'utf8' | 'hex' | 'latin1'): void {
    if (value === undefined) {
      this.#int32(-1);
      return;
    }
    this.#room(4 + value.length * UTF8_MAX);
    const length = this.#bytes.write(value, this.#end + 4, encoding);
    this.#bytes.writeInt32BE(length, this.#end);
    this.#end += 4 + length;
  }

  textArray(values: readonly string[]): void {
    const start = this.#beginArray('text', values.length);
    for (const value of values) this.text(value);
    this.#endArray(start);
  }

  byteaArray(values: readonly Uint8Array[]): void {
    const start = this.#beginArray('bytea', values.length);
    for (const value of values) this.bytes(value);
    this.#endArray(start);
  }

  /** A whole file of the tuples between two positions. */
  file(from: number = SIGNATURE.length, to: number = this.#end): Buffer {
    const file = Buffer.allocUnsafe(SIGNATURE.length + (to - from) + 2);
    file.set(SIGNATURE);
    file.set(this.#bytes.subarray(from, to), SIGNATURE.length);
    file.writeInt16BE(-1, file.length - 2);
    return file;
  }

  #beginArray(element: keyof typeof ELEMENT_TYPE, length: number): number {
    const start = this.#end;
    this.#int32(0); // the array's own length, known at its end
    this.#int32(length > 0 ? 1 : 0);
    this.#int32(0);
    this.#int32(ELEMENT_TYPE[element]);
    if (length > 0) {
      this.#int32(length);
      this.#int32(1);
    }
    return start;
  }

  #endArray(start: number): void {
    this.#bytes.writeInt32BE(this.#end - start - 4, start);
  }

  #int32(value: number): void {
    this.#room(4);
    this.#end = this.#bytes.writeInt32BE(value, this.#end);
  }

  #raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  #room(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + more));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}
