import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { addFormats } from '../../../../gateway/catalog/vocabulary/vocabulary.ts';
import { violationsOf } from '../../../../gateway/problems/violations.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats(ajv);
const validate = ajv.compile({
  type: 'object',
  properties: {
    coordinates: {
      type: 'array',
      'x-polygon': true,
      items: { type: 'array', items: { type: 'array', items: { type: 'number' } } },
    },
  },
});

const field = [
  [105.8, 21],
  [105.9, 21],
  [105.9, 21.1],
  [105.8, 21.1],
  [105.8, 21],
];

t.test('a violation points to the ring, and says what is wrong with it in both languages', async (t) => {
  t.ok(validate({ coordinates: [field] }));
  t.notOk(validate({ coordinates: [field, field.slice(1)] }));
  t.strictSame(violationsOf(validate.errors, '/changes/3/data'), [
    {
      pointer: '/changes/3/data/coordinates/1',
      detail: 'must end where it begins',
      vi: 'phải khép kín: điểm cuối trùng điểm đầu',
    },
  ]);
  t.ok(validate({ coordinates: [field] }), 'nothing is left of the one before');
});

t.test('the keyword accepts a value that is no list of rings: other keywords refuse it', async (t) => {
  for (const coordinates of [[1], ['x'], [[1]], [[[1, 'x']]], [[null]]]) {
    t.notOk(validate({ coordinates }));
    t.strictSame(
      [...new Set(validate.errors?.map(({ keyword }) => keyword))],
      ['type'],
      JSON.stringify(coordinates),
    );
  }
  t.throws(() => ajv.compile({ type: 'array', 'x-polygon': 'yes' }));
});
