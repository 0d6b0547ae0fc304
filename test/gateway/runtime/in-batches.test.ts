import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { inBatches } from '../../../gateway/runtime/in-batches.ts';

t.test('all of a list, in its order, a few at a time', async (t) => {
  const items = Array.from({ length: 1000 }, (_, index) => index);
  let running = 0;
  let most = 0;
  const doubled = await inBatches(items, async (item) => {
    running++;
    most = Math.max(most, running);
    // The later, the sooner: order is not that of the ends.
    for (let turns = item % 7; turns < 7; turns++) await setImmediate();
    running--;
    return 2 * item;
  });
  t.same(
    doubled,
    items.map((item) => 2 * item),
  );
  t.ok(most > 1 && most <= 32, `${most} at a time`);
  t.same(await inBatches([], async () => 1), []);
});

t.test('rejects with the first failure, and begins no further batch', async (t) => {
  const begun: number[] = [];
  const items = Array.from({ length: 100 }, (_, index) => index);
  await t.rejects(
    inBatches(items, async (item) => {
      begun.push(item);
      if (item === 3) throw new Error('three');
    }),
    { message: 'three' },
  );
  t.equal(begun.length, 32);
});
