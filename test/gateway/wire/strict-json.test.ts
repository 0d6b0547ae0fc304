import fc from 'fast-check';
import t from 'tap';
import { JsonError } from '../../../adapters/values/strict-json.ts';
import { textFault } from '../../../adapters/values/unicode.ts';
import { parseStrictJson } from '../../../gateway/wire/strict-json.ts';

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

t.test('a text without suspects is not searched for faults; a fault is found', async () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.constantFrom('\0', '\ud800', '\udfff', '\ufffe', '\ufdd0', '\u{2fffe}', 'ế', '\\u0000', '"', '\\'),
  );
  const text = fc.array(unit, { maxLength: 6 }).map((parts) => parts.join(''));
  const escaped = (json: string) =>
    json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  fc.assert(
    fc.property(fc.array(text), fc.boolean(), (texts, isEscaped) => {
      const json = JSON.stringify(texts);
      const wrong = texts.some((one) => textFault(one) !== undefined);
      try {
        parse(isEscaped ? escaped(json) : json);
        return !wrong;
      } catch (error) {
        return wrong && error instanceof JsonError;
      }
    }),
    { numRuns: 1000 },
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
