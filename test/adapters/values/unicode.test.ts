import fc from 'fast-check';
import t from 'tap';
import { legible, textFault, withoutBom } from '../../../adapters/values/unicode.ts';

/** Each noncharacter of Unicode (chapter 23.7): 66 of them. */
const noncharacters = [
  ...Array.from({ length: 32 }, (_, index) => 0xfdd0 + index),
  ...Array.from({ length: 17 }, (_, plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff]).flat(),
];

t.test('code points that are no text, wherever they stand', async (t) => {
  t.equal(noncharacters.length, 66);
  for (const code of noncharacters) t.equal(textFault(`ă${String.fromCodePoint(code)}b`), 'noncharacter');
  for (const half of ['\ud800', '\udbff', '\udc00', '\udfff'])
    for (const text of [half, `a${half}`, `${half}a`, `😀${half}`, `${half}😀`, `\udc00\ud800`])
      t.equal(textFault(text), 'surrogate');
  for (const text of ['\0', 'a\0', '\0😀', 'Lê\0']) t.equal(textFault(text), 'nul');
});

t.test('every sound Unicode text is text', async () => {
  const known = new Set([0, ...noncharacters]);
  const character = fc
    .oneof(fc.integer({ min: 1, max: 0x2fff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
    .filter((code) => !known.has(code));
  fc.assert(
    fc.property(fc.array(character), (codes) => {
      const text = String.fromCodePoint(...codes);
      return textFault(text) === undefined && legible(text) === text;
    }),
    { numRuns: 500 },
  );
});

t.test('a name of a body’s member can be shown', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\0', '\ud800', '\udc00', '\ufffe'),
      (text, bad) => {
        return textFault(legible(text + bad + text)) === undefined;
      },
    ),
  );
});

t.test('a byte order mark is taken off once, at the beginning', async (t) => {
  const read = (text: string) => withoutBom(Buffer.from(text)).toString();
  t.equal(read('\ufeff{}'), '{}');
  t.equal(read('\ufeff\ufeff{}'), '\ufeff{}');
  t.equal(read('{"\ufeff":1}'), '{"\ufeff":1}');
  t.equal(read('\ufeff'), '');
  t.equal(read(''), '');
  t.equal(withoutBom(Buffer.from([0xef, 0xbb])).length, 2);
});
