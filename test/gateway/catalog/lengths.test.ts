import { isDeepStrictEqual } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { addLengths } from '../../../gateway/catalog/lengths.ts';

const texts = fc.string({ unit: fc.constantFrom('a', 'ễ', '𐀀', '\ud800', '\udc00'), maxLength: 12 });

t.test('texts are as long as ajv finds them, in characters', (t) => {
  fc.assert(
    fc.property(texts, fc.nat(8), fc.nat(8), (text, minLength, maxLength) => {
      const schema = { type: 'string', minLength, maxLength };
      const ours = new Ajv2020({ strict: true });
      addLengths(ours);
      const [mine, theirs] = [ours.compile(schema), new Ajv2020({ strict: true }).compile(schema)];
      const [valid, expected] = [mine(text), theirs(text)];
      // Params too: the sentences of violations are made of them.
      return valid === expected && isDeepStrictEqual(mine.errors, theirs.errors);
    }),
    { numRuns: 300 },
  );
  t.end();
});
