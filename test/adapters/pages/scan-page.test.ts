import t from 'tap';
import { readScanPage } from '../../../adapters/pages/scan-page.ts';
import type { Source } from '../../../adapters/records/mapping.ts';
import { failureOf } from '../../conformance/calls.ts';

const options = {
  ...{ field: 'list', after: '' },
  keyOf: ({ key }: Source) => String(key),
  read: ({ key }: Source) => ({ data: key, version: 1 }),
};

/** A registry that gives three at a time. @param keysAt what it has when it is asked for the first time, the second, ... */
function registry(keysAt: (time: number) => readonly string[]) {
  let times = 0;
  return async (after: string, limit: number) => {
    const left = keysAt(times++).filter((key) => key > after);
    return { list: left.slice(0, Math.min(3, limit)).map((key) => ({ key })), remaining: left.length };
  };
}

const keys = [...'abcdefgh'];

t.test('a page is read in parts, with what is entered meanwhile', async (t) => {
  const page = async (limit: number, rows = limit) => {
    const found = await readScanPage(
      registry(() => keys),
      { ...options, limit, rows },
    );
    return [found.rows.map(({ data }) => data).join(''), found.next];
  };
  t.strictSame(await page(2), ['ab', 'b']);
  t.strictSame(await page(7), ['abcdefg', 'g']);
  t.strictSame(await page(8), ['abcdefgh', undefined]);
  t.strictSame(await page(100), ['abcdefgh', undefined]);
  t.strictSame(await page(100, 5), ['abcde', 'e']);
  const growing = registry((time) => [...keys, ...'ijk'.slice(0, time)].sort());
  const { rows, next } = await readScanPage(growing, { ...options, limit: 100 });
  t.strictSame([rows.map(({ data }) => data).join(''), next], ['abcdefghijk', undefined]);
});

t.test('a part that leaves records out is malformed', async (t) => {
  const gap = registry((time) => (time === 0 ? keys : keys.slice(0, -1)));
  t.equal((await failureOf(t, readScanPage(gap, { ...options, limit: 100 }))).failure, 'malformed', 'gone');
  const ask = registry(() => keys);
  const skipping = async (after: string, limit: number) => {
    const { list, remaining } = await ask(after, limit);
    return { list: after === '' ? list.slice(1) : list, remaining };
  };
  t.equal(
    (await failureOf(t, readScanPage(skipping, { ...options, limit: 100 }))).failure,
    'malformed',
    'skipped',
  );
});

t.test('of a registry that gives very few at a time, the page is shorter, and goes on', async (t) => {
  const many = Array.from({ length: 90 }, (_, index) => String(index).padStart(2, '0'));
  const found = await readScanPage(
    registry(() => many),
    { ...options, limit: 90 },
  );
  t.strictSame([found.rows.length, found.next], [60, '59']);
});
