/** Encodes one record of a Produce request (`produce-request.ts`). Its size is computed first, because its length comes first. */

/** A message without a timestamp of its own, and with one value for each header. */
export interface PlainMessage {
  readonly key: string | Buffer;
  readonly value: string | Buffer;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
}

export interface SizedRecord {
  readonly message: PlainMessage;
  readonly offset: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** The size of each header's value, in order. */
  readonly headerBytes: readonly number[];
  /** The size of the record after its length field. */
  readonly body: number;
}

/** Attributes, and a timestamp delta of 0. */
const FIXED = 2;

/** @param offset the record's index in its batch, from 0 */
export function sizedRecord(message: PlainMessage, offset: number): SizedRecord {
  const { key, value, headers } = message;
  const [keyBytes, valueBytes] = [Buffer.byteLength(key), Buffer.byteLength(value)];
  const headerBytes: number[] = [];
  let body = FIXED + varintSize(offset) + sizeWithLength(keyBytes) + sizeWithLength(valueBytes);
  for (const name in headers) {
    const bytes = Buffer.byteLength(headers[name]!);
    headerBytes.push(bytes);
    body += nameBytes(name).length + sizeWithLength(bytes);
  }
  body += varintSize(headerBytes.length);
  return { message, offset, keyBytes, valueBytes, headerBytes, body };
}

export const recordSize = ({ body }: SizedRecord): number => varintSize(body) + body;

/** @returns the offset after the record */
export function writeRecord(buffer: Buffer, start: number, record: SizedRecord): number {
  const { message, offset, keyBytes, valueBytes, headerBytes, body } = record;
  let at = writeVarint(buffer, start, body);
  buffer[at++] = 0;
  buffer[at++] = 0;
  at = writeVarint(buffer, at, offset);
  at = writeText(buffer, at, message.key, keyBytes);
  at = writeText(buffer, at, message.value, valueBytes);
  at = writeVarint(buffer, at, headerBytes.length);
  let header = 0;
  for (const name in message.headers) {
    const encoded = nameBytes(name);
    buffer.set(encoded, at);
    at = writeText(buffer, at + encoded.length, message.headers[name]!, headerBytes[header++]!);
  }
  return at;
}

function writeText(buffer: Buffer, start: number, value: string | Buffer, bytes: number): number {
  const at = writeVarint(buffer, start, bytes);
  if (typeof value === 'string') buffer.write(value, at);
  else buffer.set(value, at);
  return at + bytes;
}

const NAMES_KEPT = 100;
const names = new Map<string, Buffer>();

/** A header's name after its length. Encoded names are cached, because all messages have the same few. */
function nameBytes(name: string): Buffer {
  const known = names.get(name);
  if (known) return known;
  const bytes = Buffer.byteLength(name);
  const encoded = Buffer.allocUnsafe(sizeWithLength(bytes));
  writeText(encoded, 0, name, bytes);
  if (names.size < NAMES_KEPT) names.set(name, encoded);
  return encoded;
}

const sizeWithLength = (bytes: number): number => varintSize(bytes) + bytes;

/** The encoded size of a number that is not negative. The zigzag encoding of signed numbers doubles such a number. */
function varintSize(value: number): number {
  let rest = (value * 2) >>> 7;
  let size = 1;
  for (; rest > 0; rest >>>= 7) size++;
  return size;
}

/** @returns the offset after the number */
function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value * 2;
  for (; rest > 0x7f; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80;
  buffer[at++] = rest;
  return at;
}
