import fc from 'fast-check';
import t from 'tap';
import { orderOf } from '../../../gateway/wire/member-order.ts';

const sortedOf = (names: readonly string[]) =>
  orderOf(Object.fromEntries(names.map((name) => [name, 1]))).sorted;

t.test('names in order, whatever came before with the same first name', async () => {
  const name = fc.constantFrom('name', 'a', 'b', 'B', 'é', '\ufb33', '😀', '\r', '1', '__proto__');
  fc.assert(
    fc.property(fc.uniqueArray(name), (names) => {
      const object = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:1`).join(',')}}`);
      const { sorted, isKept } = orderOf(object);
      const expected = names.toSorted();
      return (
        sorted.join() === expected.join() && isKept === !names.some((name) => /^(\d|__proto__$)/.test(name))
      );
    }),
    { numRuns: 500 },
  );
});

t.test('one more or one less is another order', async (t) => {
  t.strictSame(sortedOf(['c', 'b']), ['b', 'c']);
  t.strictSame(sortedOf(['c', 'b', 'a']), ['a', 'b', 'c']);
  t.strictSame(sortedOf(['c']), ['c']);
  t.strictSame(sortedOf(['c', 'a', 'b']), ['a', 'b', 'c']);
  t.strictSame(sortedOf([]), []);
});

t.test('names are sorted once for records that have the same', async (t) => {
  const record = () => ({ subject: 1, name: 2 });
  t.equal(orderOf(record()), orderOf(record()));
});

t.test('also where a part of them begins with the same name', async (t) => {
  const activity = () => orderOf({ code: '6201', name: 'Lập trình', main: true });
  const type = () => orderOf({ code: 'LLC2', name: 'Công ty' });
  const before = [activity(), type()];
  t.equal(activity(), before[0]);
  t.equal(type(), before[1]);
});

t.test('names that whoever sends them makes long are not kept', async (t) => {
  const record = () => ({ ['n'.repeat(3000)]: 1, a: 2 });
  t.strictSame(orderOf(record()).sorted, ['a', 'n'.repeat(3000)]);
  t.not(orderOf(record()), orderOf(record()));
});
