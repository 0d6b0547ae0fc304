import fc from 'fast-check';
import t from 'tap';
import { JsonError, parseStrictJson } from '../../gateway/strict-json.ts';

const parse = (text: string) => parseStrictJson(Buffer.from(text));

t.test('any JSON without repeated members is read as JSON.parse reads it', async () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 8 }).filter((one) => !JSON.stringify(one).includes('__proto__')),
      fc.nat({ max: 2 }),
      (value, space) => {
        const text = JSON.stringify(value, null, space);
        return JSON.stringify(parse(text)) === JSON.stringify(JSON.parse(text));
      },
    ),
  );
});

t.test('a repeated member anywhere is refused', async (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"a":":","a":1}]}',
    '{"__proto__":1,"__proto__":2}',
    '{"":0,"":1}',
    '{"a\\":":1,"a\\":":2}',
  ]) {
    t.throws(() => parse(text), JsonError, text);
  }
  t.same(parse('{"a":{"a":":"},"b":[":","\\"a\\":1"]}'), { a: { a: ':' }, b: [':', '"a":1'] });
});
