import fc from 'fast-check';
import t from 'tap';
import { differingMembers } from '../../../../gateway/changes/intake/differing.ts';
import { canonicalise } from '../../../../gateway/wire/canonical-json.ts';

t.test('members that differ, of texts with quotes, backslashes, brackets and commas', (t) => {
  const text = fc.constantFrom('', 'a', '"', '\\', '\\"', '\\\\"', '},{', '[', ',', 'Đỗ', '\u2028');
  const value = fc.oneof(
    text,
    fc.integer(),
    fc.boolean(),
    fc.array(fc.oneof(text, fc.integer())),
    fc.dictionary(text, text),
  );
  const object = fc.dictionary(fc.oneof(text, fc.constantFrom('b', 'name', 'named')), value);
  fc.assert(
    fc.property(object, object, fc.boolean(), (one, more, onTop) => {
      const other: Record<string, unknown> = onTop ? { ...one, ...more } : more;
      const found = differingMembers(canonicalise(one), canonicalise(other));
      const textOf = (from: Readonly<Record<string, unknown>>, name: string) =>
        Object.hasOwn(from, name) ? canonicalise(from[name]) : undefined;
      const expected = [...new Set([...Object.keys(one), ...Object.keys(other)])]
        .map((name) => ({ name, before: textOf(one, name), after: textOf(other, name) }))
        .filter(({ before, after }) => before !== after);
      const sorted = <T extends { name: string }>(list: readonly T[]) =>
        list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      t.strictSame(sorted(found), sorted(expected));
    }),
    { numRuns: 500 },
  );
  t.end();
});
