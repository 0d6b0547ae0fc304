import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { addDistinctTexts } from '../../../../gateway/catalog/vocabulary/distinct-texts.ts';

const schema = { type: 'array', uniqueItems: true, maxItems: 12, items: { maxLength: 1 } };
const own = new Ajv2020({ allErrors: true }).compile(schema);
const ajv = new Ajv2020({ allErrors: true });
addDistinctTexts(ajv);
const ours = ajv.compile(schema);

t.test('finds what ajv finds, with the same errors in the same order', async (t) => {
  const item = fc.oneof(fc.constantFrom('a', 'b', 'c', 'dd', '__proto__'), fc.string(), fc.integer());
  fc.assert(
    fc.property(fc.array(item, { maxLength: 20 }), (list) => {
      t.equal(ours(list), own(list));
      t.strictSame(ours.errors, own.errors);
    }),
  );
});

t.test('few texts and many', async (t) => {
  const many = Array.from({ length: 12 }, (_, index) => String.fromCharCode(65 + index));
  for (const list of [[], ['a'], many]) t.ok(ours(list));
  for (const list of [
    ['a', 'b', 'a'],
    [...many.slice(1), many[5]],
  ]) {
    t.notOk(ours(list));
    t.match(ours.errors, [{ keyword: 'uniqueItems' }]);
  }
});
