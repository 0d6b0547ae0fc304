import { isDeepStrictEqual } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { createValidators } from '../../../../gateway/catalog/check/compilation.ts';
import { addLengths } from '../../../../gateway/catalog/vocabulary/lengths.ts';

const texts = fc.string({ unit: fc.constantFrom('a', 'ễ', '𐀀', '\ud800', '\udc00'), maxLength: 12 });

t.test('texts are as long as ajv finds them, in characters', (t) => {
  fc.assert(
    fc.property(texts, fc.nat(8), fc.nat(8), fc.boolean(), (text, minLength, maxLength, allErrors) => {
      const schema = { type: 'string', minLength, maxLength, pattern: '^a' };
      const ours = new Ajv2020({ strict: true, allErrors });
      addLengths(ours);
      const [mine, theirs] = [ours.compile(schema), new Ajv2020({ strict: true, allErrors }).compile(schema)];
      const [valid, expected] = [mine(text), theirs(text)];
      // Params too: the sentences of violations are made of them.
      return valid === expected && isDeepStrictEqual(mine.errors, theirs.errors);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('the lengths of agencies’ texts are mostly not counted either', (t) => {
  const { body, answer, warning } = createValidators(new Map());
  for (const validators of [body, answer, warning('body', []), warning('answer', [])]) {
    const validate = validators.compile({ type: 'string', maxLength: 5 });
    t.match(String(validate), /\.length > 5/);
  }
  t.end();
});
