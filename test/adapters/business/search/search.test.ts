/** Searches that are asked for in sections: under each code of a province, and in each way of writing a name. */
import t, { type Test } from 'tap';
import { createBusinessAdapter } from '../../../../adapters/business/adapter.ts';
import { MOST_PAGES } from '../../../../adapters/business/search/search-section.ts';
import { foldText } from '../../../../adapters/values/letters.ts';
import { provinceToday } from '../../../../adapters/values/provinces.ts';
import { callOf, failureOf, invoke } from '../../../conformance/calls.ts';
import { recordingObserver } from '../../support/observer.ts';
import { type Received, sendJson, startServer } from '../../support/server.ts';
import { answer, notFound, record, token } from '../fixture.ts';

interface Row {
  readonly code: string;
  readonly name: string;
  /** As the record has it; undefined: it names none. */
  readonly province: string | undefined;
}

/** Does a registry list a row when it is asked for a province's code? */
type Lists = (row: Row, asked: string) => boolean;

const SEARCH = 'business.enterprise.search';
const codeOf = (index: number) => String(index).padStart(10, '0');
const rowsOf = (provinces: readonly (string | undefined)[], name = 'CÔNG TY MẪU') =>
  provinces.map((province, index): Row => ({ code: codeOf(index), name: `${name} ${index}`, province }));

async function setUp(t: Test, rows: readonly Row[], lists: Lists = (row, asked) => row.province === asked) {
  const registry = { rows, atMost: Number.POSITIVE_INFINITY };
  const asked: URLSearchParams[] = [];
  const respond = ({ url }: Received) => {
    if (url === '/token') return token();
    const query = new URL(url, 'http://x').searchParams;
    asked.push(query);
    const province = query.get('maTinh')!;
    const found = registry.rows.filter(
      (row) =>
        foldText(row.name).includes(foldText(query.get('ten')!)) && (!province || lists(row, province)),
    );
    const offset = Number(query.get('offset'));
    const limit = Math.min(Number(query.get('limit')), registry.atMost);
    const Data = found.slice(offset, offset + limit).map(({ code, name, province }) => ({
      MainInformation: { ...record.MainInformation, ENTERPRISE_GDT_CODE: code, NAME: name },
      HOAdress: { CityID: province },
    }));
    return found.length === 0 ? notFound : answer({ Data }, found.length);
  };
  const server = await startServer(t, (response, received) =>
    sendJson(respond(received))(response, received),
  );
  const adapter = createBusinessAdapter(
    { url: server.url, consumerKey: 'key', consumerSecret: 's3cret' },
    { maxConnections: 8, maxResponseBytes: 1_000_000, observer: recordingObserver() },
  );
  t.teardown(() => adapter.close());
  const page = async (request: object, scope?: readonly string[]) => {
    const call = callOf(undefined, scope && { within: { provinceCode: scope } });
    const found = await invoke(adapter, SEARCH, request, call);
    if (!found.found) throw new Error('a search is never absent');
    const codes = (found.data as { enterpriseCode: string }[]).map(({ enterpriseCode }) => enterpriseCode);
    return { codes, next: found.nextPageToken };
  };
  /** All pages. @param between what happens to the registry after each page */
  const walk = async (request: object, scope?: readonly string[], between?: () => void) => {
    const pages: string[][] = [];
    let pageToken: string | undefined;
    do {
      const { codes, next } = await page({ ...request, pageToken }, scope);
      pages.push(codes);
      pageToken = next;
      between?.();
    } while (pageToken !== undefined);
    return pages;
  };
  return { adapter, registry, asked, page, walk };
}

const registries: Readonly<Record<string, Lists>> = {
  'each record under its own code': (row, asked) => row.province === asked,
  'today’s code covers the former ones, which it does not know': (row, asked) =>
    provinceToday(asked) === asked && provinceToday(row.province!) === asked,
  'today’s code covers the former ones, which it knows too': (row, asked) =>
    row.province === asked || provinceToday(row.province!) === asked,
  'a former code means today’s province': (row, asked) =>
    provinceToday(row.province!) === provinceToday(asked),
  'whatever province is asked for': () => true,
  'records were renumbered, and are listed as before': ({ code, province }, asked) =>
    (Number(code) % 5 === 0 && province === '25' ? '17' : province) === asked,
};

for (const [name, lists] of Object.entries(registries)) {
  t.test(`a province of today and those that it took over, in a registry that lists: ${name}`, async (t) => {
    const provinces = ['17', '25', '26', '25', '31', '25', '17', '30', '26', '25', '25', '17'];
    const isExact = name !== 'whatever province is asked for';
    const { walk, asked } = await setUp(t, rowsOf(provinces), lists);
    const expected = (...codes: readonly string[]) =>
      provinces.flatMap((code, index) => (codes.includes(code) ? [codeOf(index)] : [])).sort();
    for (const pageSize of [1, 2, 3, 50]) {
      const search = async (request: object, scope?: readonly string[]) =>
        (await walk({ ...request, pageSize }, scope)).flat().sort();
      const all = ['25', '26', '17', '31', '30'];
      for (const [today, ...former] of [
        ['25', '26', '17'],
        ['31', '30'],
      ] as const) {
        const merged = expected(today, ...former);
        const request = { name: 'mẫu', provinceCode: today };
        // It has always been the registry's affair what it lists for who has no scope.
        if (isExact) t.strictSame(await search(request), merged, `${today}, ${pageSize} a page`);
        t.strictSame(await search(request, all), merged, `${today} in a scope, ${pageSize} a page`);
        t.strictSame(await search({ name: 'mẫu' }, [today, ...former]), merged, `a scope of ${today}`);
      }
      t.strictSame(await search({ name: 'công ty', provinceCode: '25' }, all), expected('25', '26', '17'));
      t.strictSame(await search({ name: 'mẫu' }, ['25', '17']), expected('25', '17'), 'a part of a scope');
    }
    if (name === 'each record under its own code') {
      asked.length = 0;
      await walk({ name: 'mẫu', provinceCode: '25', pageSize: 50 });
      t.equal(asked.length, 3, 'no question more than there are codes');
    }
  });
}

t.test('a row whose name many other names hold is given once', async (t) => {
  const named = (count: number, name: string, province: string, from: number) =>
    Array.from({ length: count }, (_, index): Row => {
      return { code: codeOf(from + index), name: `${name} ${index}`, province };
    });
  const others = named(300, 'CÔNG TY AN', '31', 0);
  const short: Row = { code: codeOf(900), name: 'CÔNG TY AN', province: '30' };
  for (const [what, lists] of Object.entries(registries)) {
    if (what === 'whatever province is asked for' || what.startsWith('records were renumbered')) continue;
    for (const rows of [
      [...others, short],
      [...others, short, ...named(30, 'CÔNG TY AN KHANG', '30', 1000)],
    ]) {
      const { walk } = await setUp(t, rows, lists);
      for (const pageSize of [7, 50]) {
        const found = (await walk({ name: 'an', provinceCode: '31', pageSize })).flat();
        t.strictSame(found.sort(), rows.map(({ code }) => code).sort(), `${what}, ${pageSize} a page`);
      }
    }
  }
});

t.test('a row that cannot be held against so many others is a refusal, and not a guess', async (t) => {
  const provinces = Array.from({ length: 2500 }, () => '31');
  const rows = [
    ...rowsOf(provinces, 'CÔNG TY AN'),
    { code: codeOf(9000), name: 'CÔNG TY AN', province: '30' },
  ];
  const { adapter } = await setUp(t, rows, () => true);
  const pageToken = `31.0.2500.${codeOf(2499)}`;
  const error = await failureOf(t, invoke(adapter, SEARCH, { name: 'an', provinceCode: '31', pageToken }));
  t.match(error, { failure: 'refused', reason: 'search_too_wide' });
});

t.test('a record that names no province is found under the code that finds it, once', async (t) => {
  const rows = rowsOf(['31', undefined, '30', undefined]);
  for (const [what, lists] of Object.entries<Lists>({
    'under the former code': (row, asked) => (row.province ?? '30') === asked,
    'under both': (row, asked) => provinceToday(row.province ?? '30') === provinceToday(asked),
  })) {
    const { walk } = await setUp(t, rows, lists);
    for (const pageSize of [1, 3]) {
      const found = await walk({ name: 'mẫu', provinceCode: '31', pageSize });
      t.strictSame(found.flat().sort(), rows.map(({ code }) => code).sort(), what);
    }
  }
});

t.test('a registry that gives fewer rows at a time than it is asked for', async (t) => {
  const rows = rowsOf(Array.from({ length: 260 }, (_, index) => ['31', '30', '31'][index % 3]!));
  const codes = rows.map(({ code }) => code);
  const { adapter, registry, asked, walk } = await setUp(t, rows);
  for (const atMost of [50, 100]) {
    registry.atMost = atMost;
    for (const scope of [undefined, ['31', '30']]) {
      for (const provinceCode of [undefined, '31']) {
        const pages = await walk({ name: 'mẫu', provinceCode, pageSize: 100 }, scope);
        t.strictSame(pages.flat().sort(), codes, `${atMost}, ${scope}, ${provinceCode}`);
        t.strictSame(
          pages.map(({ length }) => length),
          [100, 100, 60],
        );
      }
    }
  }

  registry.atMost = 50;
  const request = { name: 'mẫu', pageSize: 100 };
  for (const [what, change] of Object.entries({
    'the same again': () => {
      registry.rows = [rows[0]!, ...rows.slice(1, 50), ...rows.slice(0, 50), ...rows.slice(50, 210)];
    },
    'a row more': () => {
      registry.rows = [{ code: codeOf(900), name: 'MẪU', province: '01' }, ...rows];
    },
    'a row gone': () => {
      registry.rows = rows.slice(1);
    },
  })) {
    registry.rows = rows;
    asked.length = 0;
    const push = asked.push.bind(asked);
    asked.push = (...queries) => {
      if (asked.length === 1) change();
      return push(...queries);
    };
    t.match(await failureOf(t, invoke(adapter, SEARCH, request)), { failure: 'malformed' }, what);
    asked.push = push;
  }
});

t.test('a former code is asked for alone', async (t) => {
  const { walk, asked } = await setUp(t, rowsOf(['31', '30', '31']));
  t.strictSame((await walk({ name: 'mẫu', provinceCode: '30' })).flat(), [codeOf(1)]);
  t.strictSame((await walk({ name: 'mẫu' }, ['30'])).flat(), [codeOf(1)]);
  t.strictSame([...new Set(asked.map((query) => query.get('maTinh')))], ['30']);
});

t.test('while pages are read, rows come and go', async (t) => {
  const provinces = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? '30' : '31'));
  const rows = rowsOf(provinces);
  for (const scope of [undefined, ['30', '31']]) {
    const { registry, page, walk } = await setUp(t, rows, registries['a former code means today’s province']);
    let count = 0;
    const found = await walk({ name: 'mẫu', provinceCode: '31', pageSize: 3 }, scope, () => {
      registry.rows = [{ code: codeOf(900 + count++), name: 'MẪU', province: '30' }, ...registry.rows];
    });
    const known = found.flat().filter((code) => code < codeOf(900));
    t.strictSame(known.toSorted(), rows.map(({ code }) => code).sort(), 'added before');

    registry.rows = rows;
    const removed = new Set<string>();
    const left = await walk({ name: 'mẫu', provinceCode: '31', pageSize: 3 }, scope, () => {
      const [first] = registry.rows;
      if (first) removed.add(first.code);
      registry.rows = registry.rows.slice(1);
    });
    t.equal(new Set(left.flat()).size, left.flat().length, 'nothing twice');
    const missed = rows.filter(({ code }) => !left.flat().includes(code) && !removed.has(code));
    t.strictSame(missed, [], 'nothing left out that was there');

    registry.rows = rows;
    const given: string[] = [];
    let pageToken: string | undefined;
    do {
      const found = await page({ name: 'mẫu', provinceCode: '31', pageSize: 3, pageToken }, scope);
      given.push(...found.codes);
      registry.rows = registry.rows.filter(({ code }) => code !== given.at(-1));
      pageToken = found.next;
    } while (pageToken !== undefined);
    t.strictSame(given.sort(), rows.map(({ code }) => code).sort(), 'the last of each page removed');
  }
});

/** Rows that have every word of a query in abbreviations, and not one after the other. */
const wide = (length: number, every: number) =>
  Array.from({ length }, (_, index): Row => {
    const name = index % every === every - 1 ? 'CTY TNHH MTV HTX' : 'CTY TNHH HTX MTV';
    return { code: codeOf(index), name: `${name} ${index}`, province: '01' };
  });

t.test('a search that finds little in many rows goes on from page to page', async (t) => {
  const rows = wide(9000, 2999);
  const expected = rows.filter(({ name }) => name.includes('MTV HTX')).map(({ code }) => code);
  t.equal(expected.length, 3);
  for (const scope of [undefined, ['01']]) {
    const { walk, asked } = await setUp(t, rows);
    const counts: number[] = [];
    const pages = await walk({ name: 'CTY TNHH MTV HTX' }, scope, () => counts.push(asked.splice(0).length));
    t.strictSame(pages.flat(), expected);
    t.ok(pages.length > 2, 'more than one call');
    // All sections at a time, the first page of each besides.
    t.ok(Math.max(...counts) <= 4 * MOST_PAGES + 8, `${counts}`);
    t.equal((await walk({ name: 'CTY TNHH MTV HTX', pageSize: 1 }, scope)).flat().length, 3);
  }
});

t.test('it goes on after what came and went', async (t) => {
  const rows = wide(9000, 1500);
  const { registry, walk } = await setUp(t, rows);
  let count = 0;
  const pages = await walk({ name: 'CTY TNHH MTV HTX', pageSize: 1 }, undefined, () => {
    registry.rows = [
      { code: codeOf(20_000 + count++), name: 'CTY TNHH HTX MTV', province: '01' },
      ...registry.rows,
    ];
  });
  t.strictSame(
    pages.flat(),
    rows.filter(({ name }) => name.includes('MTV HTX')).map(({ code }) => code),
  );
});

t.test(
  'rows outside leave no trace in pages and their tokens, where a province has several codes',
  async (t) => {
    const inside = rowsOf(['30', '31', '31', '30', '31', '30', '30']);
    const outside = rowsOf(['79', '01', undefined, '26', '79'], 'CÔNG TY KHÁC').map((row, index) => ({
      ...row,
      code: codeOf(500 + index),
    }));
    const worlds = [
      inside,
      [...outside, ...inside],
      inside.flatMap((row, index) => [row, ...outside.slice(index, index + 1)]),
    ];
    for (const lists of Object.values(registries)) {
      for (const name of ['công ty', 'cty mẫu']) {
        const seen = [];
        for (const rows of worlds) {
          const { page } = await setUp(
            t,
            rows,
            (row, asked) => row.province === undefined || lists(row, asked),
          );
          const pages = [await page({ name, pageSize: 2 }, ['30', '31'])];
          for (let pageToken = pages[0]!.next; pageToken !== undefined; pageToken = pages.at(-1)!.next)
            pages.push(await page({ name, pageSize: 2, pageToken }, ['30', '31']));
          seen.push(pages);
        }
        t.strictSame(seen[1], seen[0]);
        t.strictSame(seen[2], seen[0]);
      }
    }
  },
);

t.test('rows outside that take up a search are a refusal, not a page token', async (t) => {
  const rows = rowsOf(Array.from({ length: 5000 }, () => '79'));
  const { adapter } = await setUp(t, rows, () => true);
  const call = callOf(undefined, { within: { provinceCode: ['01'] } });
  const error = await failureOf(t, invoke(adapter, SEARCH, { name: 'mẫu' }, call));
  t.match(error, { failure: 'refused', reason: 'search_too_wide' });
});

t.test('texts that are no page token of a search in sections', async (t) => {
  const { adapter, asked } = await setUp(t, []);
  for (const pageToken of [
    '30.0.1.',
    '30.0.0.x',
    '30.0.0+0.x',
    '30.0.0+1.',
    '79.0.1.x',
    '30.7.1.x',
    '30.0.x.x',
  ]) {
    const request = { name: 'mẫu', provinceCode: '31', pageToken };
    t.match(
      await failureOf(t, invoke(adapter, SEARCH, request)),
      { reason: 'page_token_invalid' },
      pageToken,
    );
  }
  t.equal(asked.length, 0);
});
