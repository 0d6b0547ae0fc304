import t, { type Test } from 'tap';
import { createBusinessAdapter } from '../../../adapters/business/adapter.ts';
import { callOf, failureOf, invoke } from '../../conformance/adapter.ts';
import { recordingObserver } from '../support/observer.ts';
import { type Received, type Respond, sendJson, startServer } from '../support/server.ts';
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
    data: { enterpriseCode: '0109000015', name: 'A', legalRepresentatives: [], activities: [] },
  });
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

  behaviour.api = sendJson(notFound);
  t.strictSame(await invoke(adapter, search, { name: 'xyz' }), { found: true, data: [] });
});

t.test('search: what is no page', async (t) => {
  const pages = [
    answer({}),
    answer({ Data: {} }),
    answer({ Data: ['x'] }),
    answer({ Data: [{}] }),
    answer({ Data: [record, record] }),
    { ...answer({ Data: [record] }), DataCount: 'many' },
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
