import fc from 'fast-check';
import t from 'tap';
import { parseUniqueJson } from '../../../gateway/identity/unique-json.ts';

t.test('any JSON without repeated members is read as JSON.parse reads it', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat({ max: 2 }), (value, space) => {
      const text = JSON.stringify(value, null, space);
      return JSON.stringify(parseUniqueJson(text)) === JSON.stringify(JSON.parse(text));
    }),
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
    t.throws(() => parseUniqueJson(text), SyntaxError, text);
  }
  t.same(parseUniqueJson('{"a":{"a":":"},"b":[":","\\"a\\":1"]}'), { a: { a: ':' }, b: [':', '"a":1'] });
});
