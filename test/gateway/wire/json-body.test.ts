import fc from 'fast-check';
import t from 'tap';
import { Problem } from '../../../gateway/problems/problem.ts';
import { readJsonBody } from '../../../gateway/wire/json-body.ts';

const read = (text: string | Buffer) => readJsonBody(Buffer.from(text as string)).value;

t.test('reads JSON', async (t) => {
  t.same(read('{"a":[1,{"b":":\\":"}],"c":{}}'), { a: [1, { b: ':":' }], c: {} });
  t.equal(read('null'), null);
  t.equal(read('"a:b"'), 'a:b');
});

t.test('a byte order mark before it is passed over; the bytes are kept as they came', async (t) => {
  const bytes = Buffer.from('\ufeff{"a":"\ufeff"}');
  t.strictSame(readJsonBody(bytes), { bytes, value: { a: '\ufeff' }, faults: [] });
});

/** Each way to write what is no text, by an escape or as it is; and texts beside them that are sound. */
const faulty: [body: string, pointers: string[]][] = [
  ['"\\u0000"', ['']],
  ['{"a":"x\\u0000y"}', ['/a']],
  ['{"a":[1,"x",{"b/c":"\\ud800"}]}', ['/a/2/b~1c']],
  ['{"a":"\\uDFFF"}', ['/a']],
  ['{"a":"\\uDC00\\uD800"}', ['/a']],
  ['{"a":"\\ud83d x"}', ['/a']],
  ['{"a":"\\ufffe","b":"\\uFFFF","c":"\\uFDD0","d":"\\ufdef"}', ['/a', '/b', '/c', '/d']],
  ['{"a":"\\ud83f\\udffe"}', ['/a']],
  ['{"a":"\ufffe","b":"\ufdd0","c":"\u{10ffff}","d":"ok"}', ['/a', '/b', '/c']],
  ['{"\\u0000":1}', ['/\ufffd']],
  ['{"a\\ud800":{"b":"\\u0000"}}', ['/a\ufffd', '/a\ufffd/b']],
];

t.test('texts that are no Unicode are named, each by its pointer', async (t) => {
  for (const [body, pointers] of faulty) {
    const error = t.throws(() => read(body), Problem, body) as unknown as Problem;
    t.equal(error.code, 'contract_violation');
    t.same(
      error.members.errors?.map(({ pointer }) => pointer),
      pointers,
      body,
    );
    t.equal(readJsonBody(Buffer.from(body), { passFaults: true }).faults.length, pointers.length);
  }
  const many = JSON.stringify(Array.from({ length: 1000 }, () => '\0'));
  t.equal(readJsonBody(Buffer.from(many), { passFaults: true }).faults.length, 100, 'but not without end');
});

t.test('texts that look like them are not', async (t) => {
  for (const body of [
    '"\\\\u0000"',
    '"\\\\ud800"',
    '"\\u0001"',
    '"\\ud83d\\ude00"',
    '"😀"',
    '"\\ufffd"',
    '"\\uff21Ａ\ue000"',
  ])
    t.equal(read(body), JSON.parse(body), body);
});

t.test('refuses what two parsers could read differently', async (t) => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const cases: [string, string | Buffer, RegExp][] = [
    ['nothing', '', /not JSON/],
    ['half of it', '{"a":1', /not JSON/],
    ['two byte order marks', '\ufeff\ufeff{}', /not JSON/],
    ['nothing but a byte order mark', '\ufeff', /not JSON/],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /not UTF-8/],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), /not UTF-8/],
    ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), /not UTF-8/],
    ['a name twice', '{"a":1,"a":2}', /twice/],
    ['a name twice, once escaped', '{"a":1,"\\u0061":2}', /twice/],
    ['a name twice, deep down', '[{"x":[{"a":{"b":1},"a":{"b":1}}]}]', /twice/],
    ['__proto__', '{"__proto__":{"admin":true}}', /__proto__/],
    ['__proto__, escaped', '{"\\u005f_proto__":1}', /__proto__/],
    ['too deep', deep(33), /deeper/],
    ['far too deep', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, /deeper/],
  ];
  for (const [name, body, expected] of cases) {
    const error = t.throws(() => read(body), Problem, name) as unknown as Problem;
    t.equal(error.code, 'malformed_json');
    t.match(error.members.errors?.[0]?.detail, expected, name);
  }
  t.same(read(deep(32)) !== undefined, true);
});

t.test('every text of JSON.stringify is read back', async (t) => {
  const value = fc.jsonValue({ maxDepth: 6 }).filter((one) => !JSON.stringify(one).includes('__proto__'));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(value, (one) => {
        const text = JSON.stringify(one);
        t.same(JSON.stringify(read(text)), text);
      }),
      { numRuns: 300 },
    ),
  );
});
