import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import t from 'tap';
import { isPacked, UnpackError, unpack } from '../../../adapters/upstream/unpack.ts';

const text = Buffer.from(JSON.stringify({ name: 'CÔNG TY TNHH MẪU', more: 'x'.repeat(500) }));
const codings: [encoding: string, packed: Buffer][] = [
  ['gzip', gzipSync(text)],
  ['GZIP', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['identity, gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateSync(text, { level: 1 })],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
];

t.test('each coding that servers use', async (t) => {
  for (const [encoding, packed] of codings) {
    t.ok(isPacked(encoding));
    t.same(await unpack(packed, encoding, text.length), text, encoding);
  }
});

t.test('a body without coding stays', async (t) => {
  for (const encoding of [undefined, '', 'identity', ' Identity , identity']) {
    t.notOk(isPacked(encoding), String(encoding));
    t.equal(await unpack(text, encoding, 1), text);
  }
  t.same(await unpack(Buffer.alloc(0), 'gzip', 10), Buffer.alloc(0), 'nothing is nothing');
});

const codeOf = (bytes: Buffer, encoding: string, most: number) =>
  unpack(bytes, encoding, most).then(
    () => 'unpacked',
    (error) => (error instanceof UnpackError ? error.code : String(error)),
  );

t.test('more than the bound is not made', async (t) => {
  const bomb = Buffer.alloc(8 * 1024 * 1024);
  for (const [encoding, packed] of [
    ['gzip', gzipSync(bomb)],
    ['deflate', deflateSync(bomb)],
    ['br', brotliCompressSync(bomb)],
  ] as const) {
    t.equal(await codeOf(packed, encoding, 1_000_000), 'PACKED_TOO_LARGE', encoding);
  }
  for (const [encoding, packed] of codings)
    t.equal(await codeOf(packed, encoding, text.length - 1), 'PACKED_TOO_LARGE', encoding);
});

t.test('bodies that cannot be unpacked', async (t) => {
  const packed = gzipSync(text);
  const cases: [encoding: string, bytes: Buffer][] = [
    ['gzip', text],
    ['gzip', packed.subarray(0, -1)],
    ['gzip', packed.subarray(0, packed.length / 2)],
    ['gzip', Buffer.concat([packed, Buffer.from('more')])],
    ['deflate', text],
    ['br', text],
    ['br', packed],
    ['zstd', zstdCompressSync(text)],
    ['compress', text],
    ['constructor', text],
    ['gzip, gzip', gzipSync(packed)],
    ['br, gzip', gzipSync(brotliCompressSync(text))],
  ];
  for (const [encoding, bytes] of cases)
    t.equal(await codeOf(bytes, encoding, 1_000_000), 'PACKED_UNREADABLE', encoding);
});
