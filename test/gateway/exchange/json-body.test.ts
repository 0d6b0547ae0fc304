import fc from 'fast-check';
import t from 'tap';
import { Problem } from '../../../gateway/errors.ts';
import { readJsonBody } from '../../../gateway/exchange/json-body.ts';

const read = (text: string | Buffer) => readJsonBody(Buffer.from(text as string)).value;

t.test('reads JSON', async (t) => {
  t.same(read('{"a":[1,{"b":":\\":"}],"c":{}}'), { a: [1, { b: ':":' }], c: {} });
  t.equal(read('null'), null);
  t.equal(read('"a:b"'), 'a:b');
});

t.test('refuses what two parsers could read differently', async (t) => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const cases: [string, string | Buffer, RegExp][] = [
    ['nothing', '', /not JSON/],
    ['half of it', '{"a":1', /not JSON/],
    ['a byte order mark', '\ufeff{}', /not JSON/],
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

t.test('whatever JSON.stringify writes is read back', async (t) => {
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
