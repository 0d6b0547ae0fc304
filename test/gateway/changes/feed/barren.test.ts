import fc from 'fast-check';
import t from 'tap';
import { createBarren } from '../../../../gateway/changes/feed/barren.ts';

t.test('a long stretch is passed over from anywhere in it, and what adjoins it belongs to it', async (t) => {
  const barren = createBarren()('business', 'a');
  barren.note(10, 4000);
  t.equal(barren.skip(10), 10, 'a short one is not worth it');
  barren.note(100, 6000);
  barren.note(6000, 6001);
  t.same(
    [99, 100, 3000, 6000, 6001].map((position) => barren.skip(position)),
    [99, 6001, 6001, 6001, 6001],
  );
  barren.note(20_000, 30_000);
  barren.note(6001, 20_000);
  t.equal(barren.skip(100), 30_000);
});

t.test('a barren stretch of some grants, or of a registry, says nothing of others', async (t) => {
  const barrenOf = createBarren();
  barrenOf('business', 'a').note(0, 9000);
  t.equal(barrenOf('business', 'a').skip(0), 9000);
  t.equal(barrenOf('business', 'b').skip(0), 0);
  t.equal(barrenOf('land', 'a').skip(0), 0);
});

t.test('nothing is passed over that was not noted', async (t) => {
  // In thousands: stretches between events, noted in any order, any part of them.
  const events = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
  const looks = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 })));
  fc.assert(
    fc.property(events, looks, (of, noted) => {
      const positions = of.map((thousand) => thousand * 1000).sort((one, other) => one - other);
      const barren = createBarren()('business', 'a');
      for (const [one, other] of noted) {
        const from = Math.min(one, other) * 1000;
        const next = positions.find((position) => position > from) ?? Number.POSITIVE_INFINITY;
        barren.note(from, Math.min(Math.max(one, other) * 1000, next - 1));
      }
      for (let position = 0; position < 200_000; position += 500) {
        const to = barren.skip(position);
        if (to < position || positions.some((event) => event > position && event <= to))
          throw new Error(`${position} to ${to}`);
      }
    }),
    { numRuns: 200 },
  );
  t.pass('for every outbox');
});
