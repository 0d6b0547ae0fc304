import t, { type Test } from 'tap';
import { createBusinessAdapter } from '../../../adapters/business/adapter.ts';
import { callOf, failureOf, invoke } from '../../conformance/calls.ts';
import { recordingObserver } from '../support/observer.ts';
import { type Received, type Respond, send, sendJson, startServer } from '../support/server.ts';
import { answer, enterprise, failure, notFound, record, token } from './fixture.ts';

const lookup = 'business.enterprise.lookup';
const search = 'business.enterprise.search';
const request = { enterpriseCode: enterprise.enterpriseCode };

interface Behaviour {
  token: Respond;
  api: Respond;
}

async function setUp(t: Test, behaviour: Partial<Behaviour> = {}) {
  const current: Behaviour = { token: sendJson(token()), api: sendJson(answer(record)), ...behaviour };
  const isToken = ({ url }: Received) => url === '/token';
  const server = await startServer(t, (response, received) => {
    (isToken(received) ? current.token : current.api)(response, received);
  });
  const adapter = createBusinessAdapter(
    { url: server.url, consumerKey: 'key', consumerSecret: 's3cret' },
    { maxConnections: 8, maxResponseBytes: 100_000, observer: recordingObserver() },
  );
  t.teardown(() => adapter.close());
  return {
    adapter,
    behaviour: current,
    tokens: () => server.received.filter(isToken),
    asked: () => server.received.filter((received) => !isToken(received)),
  };
}

t.test('a look-up is sent as the protocol says', async (t) => {
  const { adapter, tokens, asked } = await setUp(t);
  await invoke(adapter, lookup, { enterpriseCode: '0109000015' });
  t.match(tokens(), [
    {
      method: 'POST',
      body: 'grant_type=client_credentials',
      headers: {
        authorization: `Basic ${Buffer.from('key:s3cret').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    },
  ]);
  t.match(asked(), [
    {
      method: 'GET',
      url: '/apiCSDLDKDN/chiTietDoanhNghiep?msdn=0109000015',
      headers: { authorization: 'Bearer opaque-1' },
    },
  ]);
});

t.test('fields that are missing are left out', async (t) => {
  const main = { ENTERPRISE_GDT_CODE: '0109000015', NAME: 'A', SHORT_NAME: null, LEGAL_NAMES: ' ; ' };
  const { adapter } = await setUp(t, {
    api: sendJson(answer({ MainInformation: main, HOAdress: null, BusinessActivity: [] })),
  });
  t.strictSame(await invoke(adapter, lookup, request), {
    found: true,
    data: { enterpriseCode: '0109000015', name: 'A', activities: [] },
  });
});

t.test('values in the forms that other systems write', async (t) => {
  const { adapter } = await setUp(t, {
    api: sendJson(
      answer({
        MainInformation: {
          ...record.MainInformation,
          FOUNDING_DATE: '4/3/2019',
          ENTERPRISE_STATUS: '01',
          CAPITAL_AMOUNT: '20.000.000.000 đồng',
          SHORT_NAME: {},
          NUMBER_CHANGES: '3',
        },
        HOAdress: { ...record.HOAdress, StreetNumber: {} },
        BusinessActivity: record.BusinessActivity.map((activity) => ({
          ...activity,
          IS_MAIN: activity.IS_MAIN === 'Y' ? 'y' : false,
        })),
        Member: [{ ...record.Member[0], AMOUNT: '12 000 000 000' }, record.Member[1]],
      }),
    ),
  });
  const { shortName, ...rest } = enterprise;
  const { street, ...headOffice } = enterprise.headOffice!;
  t.strictSame(await invoke(adapter, lookup, request), { found: true, data: { ...rest, headOffice } });
});

t.test('refusals', async (t) => {
  for (const [message, reason] of [
    ['Không có quyền truy cập', 'access_denied'],
    ['Tham số của Nguyễn Văn A không hợp lệ', 'request_refused'],
  ]) {
    const { adapter } = await setUp(t, { api: sendJson(failure(message!)) });
    const error = await failureOf(t, invoke(adapter, lookup, request));
    t.match(error, { failure: 'refused', reason });
    t.notMatch(JSON.stringify([error, error.message, error.cause]), 'Nguyễn');
  }
});

t.test('token: one for all who wait, and kept', async (t) => {
  const { adapter, tokens, asked } = await setUp(t);
  await Promise.all(Array.from({ length: 20 }, () => invoke(adapter, lookup, request)));
  await invoke(adapter, lookup, request);
  t.equal(tokens().length, 1);
  t.equal(asked().length, 21);
});

t.test('token: a new one after its end', async (t) => {
  let issued = 0;
  const { adapter, asked } = await setUp(t, {
    token: (...exchange) => sendJson(token(`opaque-${++issued}`, 0.001))(...exchange),
  });
  for (let call = 0; call < 3; call++) {
    await invoke(adapter, lookup, request);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  t.strictSame(
    asked().map(({ headers }) => headers.authorization),
    ['Bearer opaque-1', 'Bearer opaque-2', 'Bearer opaque-3'],
  );
});

t.test('token: renewed ahead of its end, beside the calls', async (t) => {
  let issued = 0;
  const renewed = Promise.withResolvers<void>();
  const { adapter, tokens, asked } = await setUp(t, {
    token: (...exchange) => {
      // The first is in the last part of its life as soon as 80 ms have passed, and serves for a minute more.
      if (++issued === 2) renewed.resolve();
      sendJson(token(`opaque-${issued}`, issued === 1 ? 0.1 : 300))(...exchange);
    },
  });
  await invoke(adapter, lookup, request);
  // Whether the next call still finds the first token or not, one renewal and no failure is what must come of it.
  await new Promise((resolve) => setTimeout(resolve, 85));
  await invoke(adapter, lookup, request);
  await renewed.promise;
  await invoke(adapter, lookup, request);
  t.equal(tokens().length, 2);
  t.equal(asked().length, 3);
});

t.test('token: 401 brings a new one, exactly once', async (t) => {
  let issued = 0;
  const { adapter, tokens, asked, behaviour } = await setUp(t, {
    token: (...exchange) => sendJson(token(`opaque-${++issued}`))(...exchange),
    api: (response, received) => {
      const good = received.headers.authorization !== 'Bearer opaque-1';
      (good ? sendJson(answer(record)) : sendJson({}, 401))(response, received);
    },
  });
  const answers = await Promise.all(Array.from({ length: 5 }, () => invoke(adapter, lookup, request)));
  for (const { found } of answers) t.ok(found);
  t.equal(tokens().length, 2, 'one new token for all who were refused');
  t.equal(asked().length, 10);

  behaviour.api = sendJson({}, 401);
  const error = await failureOf(t, invoke(adapter, lookup, request));
  t.match(error, { failure: 'refused', reason: 'credentials_refused' });
  t.equal(asked().length, 12);
  t.equal(tokens().length, 3);
});

t.test('token: what is no token', async (t) => {
  const cases: readonly [Respond, string][] = [
    [sendJson({ error: 'invalid_client' }, 401), 'refused'],
    [sendJson({ error: 'unauthorized_client' }, 400), 'refused'],
    [sendJson({}, 500), 'failed'],
    [sendJson({}), 'malformed'],
    [sendJson({ ...token(), token_type: 'MAC' }), 'malformed'],
    [sendJson(token('with space')), 'malformed'],
    [sendJson(token('a\r\nX-Injected: 1')), 'malformed'],
    [sendJson(token('x', 0)), 'malformed'],
    [sendJson(token('x', 'soon')), 'malformed'],
  ];
  for (const [respond, expected] of cases) {
    const { adapter, asked } = await setUp(t, { token: respond });
    const error = await failureOf(t, invoke(adapter, lookup, request));
    t.equal(error.failure, expected);
    t.equal(asked().length, 0);
    t.notMatch(JSON.stringify([error, error.message, error.cause]), /s3cret|Injected/);
  }
});

t.test('token: who waits for it waits until the own deadline', async (t) => {
  const held = Promise.withResolvers<void>();
  const { adapter } = await setUp(t, {
    token: async (response, received) => {
      await held.promise;
      sendJson(token())(response, received);
    },
  });
  const patient = invoke(adapter, lookup, request);
  const hasty = invoke(adapter, lookup, request, callOf(30));
  t.match(await failureOf(t, hasty), { failure: 'timeout' });
  held.resolve();
  t.match(await patient, { found: true });
});

t.test('token: a failure is not kept', async (t) => {
  const { adapter, behaviour } = await setUp(t, { token: sendJson({}, 500) });
  await failureOf(t, invoke(adapter, lookup, request));
  behaviour.token = sendJson(token());
  t.match(await invoke(adapter, lookup, request), { found: true });
});

t.test('search', async (t) => {
  const total = 5;
  const codes = Array.from({ length: total }, (_, index) => `010900001${index}`);
  const item = (code: string) => ({
    ...record,
    MainInformation: { ...record.MainInformation, ENTERPRISE_GDT_CODE: code },
  });
  const { adapter, asked, behaviour } = await setUp(t, {
    api: (response, received) => {
      const query = new URL(received.url, 'http://x').searchParams;
      const offset = Number(query.get('offset'));
      const page = codes.slice(offset, offset + Number(query.get('limit')));
      sendJson(answer({ Data: page.map(item) }, total))(response, received);
    },
  });
  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await invoke(adapter, search, {
      name: 'mẫu & thử',
      provinceCode: '01',
      pageSize: 2,
      pageToken,
    });
    if (!page.found) throw new Error('a search is never absent');
    found.push(...(page.data as { enterpriseCode: string }[]).map(({ enterpriseCode }) => enterpriseCode));
    pageToken = page.nextPageToken;
    if (pageToken) t.match(pageToken, /^[0-9A-Za-z_-]{1,500}$/);
  } while (pageToken);
  t.strictSame(found, codes);
  t.equal(
    asked()[1]!.url,
    '/apiCSDLDKDN/timKiemDoanhNghiep?ten=m%E1%BA%ABu%20%26%20th%E1%BB%AD&maTinh=01&offset=2&limit=2',
  );

  t.match(await invoke(adapter, search, { provinceCode: '01' }), { found: true });
  t.match(asked().at(-1), { url: '/apiCSDLDKDN/timKiemDoanhNghiep?ten=&maTinh=01&offset=0&limit=20' });

  for (const none of [notFound, answer({ Data: [] }, 0)]) {
    behaviour.api = sendJson(none);
    t.strictSame(await invoke(adapter, search, { name: 'xyz' }), { found: true, data: [] });
  }
});

const main = (fields: object) => ({ ...record, MainInformation: { ...record.MainInformation, ...fields } });

t.test('spellings of real registries are read where they have one meaning', async (t) => {
  const cases: [name: string, record: object, expected: object][] = [
    ['an amount in groups', main({ CAPITAL_AMOUNT: '1.700.000.000' }), { charterCapital: 1_700_000_000 }],
    ['a small amount in groups', main({ CAPITAL_AMOUNT: '150.000' }), { charterCapital: 150_000 }],
    [
      'an amount in groups by commas',
      main({ CAPITAL_AMOUNT: '1,700,000,000' }),
      { charterCapital: 1_700_000_000 },
    ],
    [
      'an amount with its scale',
      main({ CAPITAL_AMOUNT: '1700000000.00' }),
      { charterCapital: 1_700_000_000 },
    ],
    [
      'an amount that is padded',
      main({ CAPITAL_AMOUNT: '  0001700000000 ' }),
      { charterCapital: 1_700_000_000 },
    ],
    ['a count that is padded', main({ NUMBER_CHANGES: ' 007 ' }), { numberOfChanges: 7 }],
    ['a status that is padded', main({ ENTERPRISE_STATUS: ' 4 ' }), { status: 'dissolved' }],
  ];
  for (const [name, body, expected] of cases) {
    const { adapter } = await setUp(t, { api: sendJson(answer(body)) });
    t.match(await invoke(adapter, lookup, request), { found: true, data: expected }, name);
  }
});

t.test('blanks for what is not there', async (t) => {
  const blank = {
    NAME_F: ' ',
    FOUNDING_DATE: ' ',
    ENTERPRISE_STATUS: '  ',
    CAPITAL_AMOUNT: '\t',
    NUMBER_CHANGES: ' ',
  };
  const { adapter } = await setUp(t, {
    api: sendJson(
      answer({
        ...main(blank),
        BusinessActivity: ' ',
        Member: [{ MEMBER_NAME: 'A', AMOUNT: ' ' }],
        HOAdress: ' ',
      }),
    ),
  });
  const {
    foreignName,
    foundingDate,
    status,
    charterCapital,
    numberOfChanges,
    activities,
    headOffice,
    ...rest
  } = enterprise;
  t.strictSame(await invoke(adapter, lookup, request), {
    found: true,
    data: { ...rest, members: [{ name: 'A' }] },
  });
});

t.test('a list of nothing but empty objects, and a share with its sign', async (t) => {
  const { members, ...rest } = enterprise;
  const { adapter, behaviour } = await setUp(t, { api: sendJson(answer({ ...record, Member: [{}] })) });
  t.strictSame(await invoke(adapter, lookup, request), { found: true, data: rest });
  behaviour.api = sendJson(answer({ ...record, Member: [{ MEMBER_NAME: 'A', RATIO_PERCENT: '50%' }] }));
  t.strictSame(await invoke(adapter, lookup, request), {
    found: true,
    data: { ...enterprise, members: [{ name: 'A', ratioPercent: 50 }] },
  });
});

t.test('a value with two meanings, or none, is malformed', async (t) => {
  const cases: Readonly<Record<string, object>> = {
    'an amount in one group by a comma': main({ CAPITAL_AMOUNT: '150,000' }),
    'an amount with a fraction': main({ CAPITAL_AMOUNT: '150.000,5' }),
    'a count in a group': main({ NUMBER_CHANGES: '1.500' }),
    'a code that JSON has rounded': main({ ENTERPRISE_ID: 2 ** 60 }),
    'a day that is none': main({ FOUNDING_DATE: '30/02/2010' }),
    'a NUL': main({ NAME: 'CÔNG TY\0' }),
    'half of a surrogate pair': main({ LEGAL_NAMES: 'Lê \ud800' }),
    'a noncharacter': { ...record, HOAdress: { ...record.HOAdress, AddressFullText: 'Số 1\ufffe' } },
  };
  for (const [name, body] of Object.entries(cases)) {
    const { adapter } = await setUp(t, { api: sendJson(answer(body)) });
    t.equal((await failureOf(t, invoke(adapter, lookup, request))).failure, 'malformed', name);
  }
  const whole = JSON.stringify(answer(record));
  for (const [name, body] of [
    [
      'a member twice',
      whole.replace('"ENTERPRISE_STATUS":"1"', '"ENTERPRISE_STATUS":"4","ENTERPRISE_STATUS":"1"'),
    ],
    ['the verdict twice', whole.replace('"Status":"1"', '"Status":"0","Status":"1"')],
    ['__proto__', whole.replace('"Status":"1"', '"Status":"1","__proto__":{"NAME":"x"}')],
  ] as const) {
    t.not(body, whole);
    const { adapter } = await setUp(t, { api: send({ body }) });
    t.equal((await failureOf(t, invoke(adapter, lookup, request))).failure, 'malformed', name);
  }
});

t.test('a token whose answer begins with a byte order mark', async (t) => {
  const { adapter, asked } = await setUp(t, { token: send({ body: `\ufeff${JSON.stringify(token())}` }) });
  t.match(await invoke(adapter, lookup, request), { found: true });
  t.equal(asked()[0]!.headers.authorization, 'Bearer opaque-1');
});

t.test('a list: what is no text is counted, and ends nothing', async (t) => {
  const Data = [
    main({ ENTERPRISE_GDT_CODE: '0109000011' }),
    main({ ENTERPRISE_GDT_CODE: '0109000012', NAME: 'A\0B' }),
    main({ ENTERPRISE_GDT_CODE: '0109000013\0' }),
    main({ ENTERPRISE_GDT_CODE: '0109000014' }),
    main({ ENTERPRISE_GDT_CODE: '0109000015', SHORT_NAME: '\ud800' }),
  ];
  const { adapter } = await setUp(t, {
    api: (response, { url }) => {
      const { searchParams } = new URL(url, 'http://x');
      const left = Data.filter((one) => one.MainInformation.ENTERPRISE_GDT_CODE > searchParams.get('sau')!);
      sendJson(answer({ Data: left.slice(0, Number(searchParams.get('limit'))) }, left.length))(
        response,
        undefined as never,
      );
    },
  });
  const codes: string[] = [];
  let unreadable = 0;
  let after: string | undefined;
  do {
    const page = await adapter.scans!['enterprise@1']!({ after, limit: 1 }, callOf());
    codes.push(...page.rows.map(({ data }) => (data as typeof enterprise).enterpriseCode));
    unreadable += page.unreadable;
    after = page.next;
  } while (after !== undefined);
  t.strictSame({ codes, unreadable }, { codes: ['0109000011', '0109000014'], unreadable: 3 });
});

t.test('the journal of a registry that gives fewer entries at a time than it is asked for', async (t) => {
  const entries = Array.from({ length: 130 }, (_, index) => ({
    IN_JOURNAL_NO: `L${index}`,
    ENTERPRISE_GDT_CODE: String(index).padStart(10, '0'),
    ...{ RECEIPT_DATE: '25/11/2026', RECEIPT_TIME: '10:00', NUMBER_CHANGES: 3 },
  }));
  const setUpList = (listAt: (offset: number) => typeof entries) =>
    setUp(t, {
      api: (response, { url }) => {
        const { searchParams } = new URL(url, 'http://x');
        const code = searchParams.get('msdn');
        const [offset, limit] = [Number(searchParams.get('offset')), Number(searchParams.get('limit'))];
        const list = listAt(offset);
        const Data = list.slice(offset, offset + Math.min(40, limit));
        const body =
          code === null ? answer({ Data }, list.length) : answer(main({ ENTERPRISE_GDT_CODE: code }));
        sendJson(body)(response, undefined as never);
      },
    });
  const now = Date.parse('2026-11-25T10:30:00+07:00');
  const question = { requestId: callOf().requestId, now, callWithin: 5000, lastResort: false };
  const follow = async (listAt: (offset: number) => typeof entries) => {
    const { adapter } = await setUpList(listAt);
    const found = new Set<string>();
    const sizes: number[] = [];
    let cursor = JSON.stringify({ upTo: '2026-11-25T09:50:00+07:00' });
    for (let more = true; more; ) {
      const page = await adapter.changesSince!(cursor, question);
      for (const { subject } of page.changes) found.add(subject);
      sizes.push(page.changes.length);
      ({ cursor, more } = page);
    }
    return { found: [...found].sort(), sizes };
  };
  const codes = entries.map((entry) => entry.ENTERPRISE_GDT_CODE);
  t.strictSame(await follow(() => entries), { found: codes, sizes: [100, 30] });

  let isGrown = false;
  const grown = await follow((offset) => {
    isGrown ||= offset === 40;
    return isGrown ? entries : entries.slice(1);
  });
  t.strictSame(grown.found, codes, 'an entry that comes while a page is read hides none');

  const moved = [entries[129]!, ...entries.slice(0, 129)];
  const { adapter } = await setUpList((offset) => (offset === 0 ? entries : moved));
  const cursor = JSON.stringify({ upTo: '2026-11-25T09:50:00+07:00' });
  t.equal((await failureOf(t, adapter.changesSince!(cursor, question))).failure, 'malformed', 'twice');
});

t.test('the journal: what is no text is refused by itself, and the rest is read', async (t) => {
  const entry = (number: string, code: string, more = {}) => ({
    IN_JOURNAL_NO: number,
    ENTERPRISE_GDT_CODE: code,
    RECEIPT_DATE: '25/11/2026',
    RECEIPT_TIME: '10:00',
    NUMBER_CHANGES: 3,
    ...more,
  });
  const entries = [
    entry('L1', '0109000011'),
    entry('L2', '0109000012\0'),
    entry('\ud800', '0109000013'),
    entry('L4', '0109000014'),
    entry('L5', '0109000016', { RECEIPT_DATE: '31/02/2026' }),
  ];
  const { adapter } = await setUp(t, {
    api: (response, { url }) => {
      const { searchParams } = new URL(url, 'http://x');
      const code = searchParams.get('msdn');
      const body =
        code === null
          ? answer({ Data: entries }, entries.length)
          : answer(main({ ENTERPRISE_GDT_CODE: code, NAME: code.endsWith('4') ? 'A\ufffe' : 'A' }));
      sendJson(body)(response, undefined as never);
    },
  });
  const { changes, refused } = await adapter.changesSince!('{"upTo":"2026-11-25T09:59:00+07:00"}', {
    requestId: '0198c0de-0000-7000-8000-000000000001',
    now: Date.parse('2026-11-25T10:05:00+07:00'),
    callWithin: 10_000,
    lastResort: false,
  });
  t.same(
    changes.map(({ subject }) => subject),
    ['0109000011'],
  );
  t.same(
    refused.map(({ subject, reference, reason, places }) => [subject, reference, reason, ...places]),
    [
      [undefined, 'L2', 'entry_malformed', 'ENTERPRISE_GDT_CODE'],
      ['0109000013', undefined, 'entry_malformed', 'IN_JOURNAL_NO'],
      ['0109000016', 'L5', 'entry_malformed', 'RECEIPT_DATE'],
      ['0109000014', 'L4', 'malformed', 'NAME'],
    ],
  );
});

t.test('search: what is no page', async (t) => {
  const pages = [
    answer({}),
    answer({ Data: {} }),
    answer({ Data: ['x'] }),
    answer({ Data: [{}] }),
    answer({ Data: [record, record] }),
    { ...answer({ Data: [record] }), DataCount: 'many' },
    // "None", of some.
    answer({ Data: [] }, 5),
    answer({ Data: [] }, -1),
    // "None", because of something.
    { ...answer({ Data: [] }, 0), Message: 'Hệ thống đang bảo trì' },
    { ...answer({ Data: [] }, 0), thongBao: 'Hệ thống đang bảo trì' },
    // Rows that are left out.
    answer({ Data: [record] }, 0),
  ];
  for (const page of pages) {
    const { adapter } = await setUp(t, { api: sendJson(page) });
    const error = await failureOf(t, invoke(adapter, search, { name: 'xyz', pageSize: 1 }));
    t.equal(error.failure, 'malformed', JSON.stringify(page).slice(0, 80));
  }
});

t.test('search: what is no page token', async (t) => {
  const { adapter, asked } = await setUp(t);
  for (const text of ['x', '', '-1.', '1e3.', '99999999.', '1000001.', '1.001', '1']) {
    const pageToken = Buffer.from(text).toString('base64url');
    const error = await failureOf(t, invoke(adapter, search, { name: 'xyz', pageToken }));
    t.match(error, { failure: 'refused', reason: 'page_token_invalid' });
  }
  t.equal(asked().length, 0);
});
