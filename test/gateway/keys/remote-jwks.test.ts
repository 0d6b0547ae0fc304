/** Clients' keys by address, from a real HTTP server. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { generateKey } from '../../../gateway/client/client.ts';
import { createRemoteJwks } from '../../../gateway/keys/remote-jwks.ts';
import { createOutbound } from '../../../gateway/net/outbound.ts';
import { testClient } from '../identity/support/assertions.ts';
import { catalogOf, freshPool, NOW, recordingLog, run } from '../identity/support/identity.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** An agency's server: its answer can be changed, its requests are counted. */
async function agency(t: Test) {
  const state: { requests: number; answer: RequestListener } = { requests: 0, answer: () => {} };
  const server = createServer((request, response) => {
    state.requests += 1;
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const publish = (...keys: object[]) => {
    state.answer = (_request, response) => response.end(JSON.stringify({ keys }));
  };
  return { state, publish, uri: `http://127.0.0.1:${port}/jwks.json`, base: `http://127.0.0.1:${port}` };
}

async function start(t: Test) {
  const { state, publish, uri, base } = await agency(t);
  const clock = { at: NOW };
  const log = recordingLog();
  const outbound = createOutbound({ allowedNetworks: ['127.0.0.1'] });
  const remote = createRemoteJwks({ outbound, now: () => clock.at, log });
  t.teardown(async () => {
    remote.close();
    await outbound.close();
  });
  const find = async (kid?: string, at = uri) => (await remote.find(at, 'ES256', kid))[0]?.kid;
  return { state, publish, uri, base, clock, log, remote, find };
}

t.test('a new key is found when it is first used, at most one fetch in 30 seconds', async (t) => {
  const { state, publish, clock, find } = await start(t);
  const [a, b] = [await generateKey(), await generateKey()];
  const [first, second] = [a.publicJwk.kid, b.publicJwk.kid];
  publish(a.publicJwk);
  t.equal(await find(first), first);
  t.equal(await find(first), first);
  t.equal(state.requests, 1, 'remembered');

  publish(a.publicJwk, b.publicJwk);
  clock.at += 30 * SECOND - 1;
  t.equal(await find(second), undefined, 'too soon');
  t.equal(state.requests, 1);
  clock.at += 1;
  t.equal(await find(second), second);
  t.equal(state.requests, 2);

  for (let i = 0; i < 50; i++) t.equal(await find(`unknown-${i}`), undefined);
  t.equal(state.requests, 2, 'unknown kids of anybody cause no more fetches');
  clock.at += 30 * SECOND;
  await Promise.all(Array.from({ length: 50 }, (_, i) => find(`unknown-${i}`)));
  t.equal(state.requests, 3, 'one at a time');
});

t.test('a key that was taken out ends within five minutes', async (t) => {
  const { publish, clock, find } = await start(t);
  const { publicJwk } = await generateKey();
  publish(publicJwk);
  t.equal(await find(publicJwk.kid), publicJwk.kid);
  publish();
  clock.at += 5 * MINUTE - 1;
  t.equal(await find(publicJwk.kid), publicJwk.kid);
  clock.at += 1;
  t.equal(await find(publicJwk.kid), undefined);
});

t.test('an address that fails: the last set works for an hour', async (t) => {
  const { state, publish, clock, find, log } = await start(t);
  const { publicJwk } = await generateKey();
  publish(publicJwk);
  t.equal(await find(publicJwk.kid), publicJwk.kid);
  state.answer = (_request, response) => response.writeHead(500).end('{"secret":"x"}');
  clock.at += 60 * MINUTE - 1;
  t.equal(await find(publicJwk.kid), publicJwk.kid);
  t.match(log.lines.at(-1), /cannot be fetched/);
  t.notMatch(log.lines.at(-1), /secret/);
  clock.at += 1;
  t.equal(await find(publicJwk.kid), undefined);
  publish(publicJwk);
  t.equal(await find(publicJwk.kid), undefined, 'not asked again at once');
  clock.at += 30 * SECOND;
  t.equal(await find(publicJwk.kid), publicJwk.kid, 'and well again');
});

t.test('answers that are not a key set', async (t) => {
  const { publicJwk } = await generateKey();
  const set = JSON.stringify({ keys: [publicJwk] });
  const cases: readonly (readonly [string, RequestListener])[] = [
    ['not JSON', (_request, response) => response.end('<html>')],
    ['no keys', (_request, response) => response.end('{}')],
    ['keys no array', (_request, response) => response.end('{"keys":{}}')],
    ['an array', (_request, response) => response.end(`[${set}]`)],
    ['a member twice', (_request, response) => response.end(set.replace('{', '{"keys":[],'))],
    ['too large', (_request, response) => response.end(`${set}${' '.repeat(65_536)}`)],
    [
      'too many keys',
      (_request, response) => response.end(JSON.stringify({ keys: Array(33).fill(publicJwk) })),
    ],
    ['not found', (_request, response) => response.writeHead(404).end(set)],
    [
      'cut off',
      (_request, response) =>
        response.writeHead(200, { 'content-length': 9999 }).write(set, () => response.destroy()),
    ],
  ];
  for (const [name, answer] of cases) {
    const { state, find } = await start(t);
    state.answer = answer;
    t.equal(await find(publicJwk.kid), undefined, name);
    t.equal(state.requests, 1, name);
  }
});

t.test('redirects are not followed', async (t) => {
  const { state, find, base } = await start(t);
  const { publicJwk } = await generateKey();
  state.answer = (request, response) =>
    request.url === '/jwks.json'
      ? response.writeHead(302, { location: `${base}/elsewhere` }).end()
      : response.end(JSON.stringify({ keys: [publicJwk] }));
  t.equal(await find(publicJwk.kid), undefined);
  t.equal(state.requests, 1);
});

t.test('an address that may not be called', async (t) => {
  const { remote, log } = await start(t);
  for (const uri of ['http://192.0.2.1/jwks.json', 'https://10.0.0.1/jwks.json', 'file:///etc/passwd', ''])
    t.same(await remote.find(uri, 'ES256', undefined), [], uri);
  t.equal(log.lines.filter((line) => /cannot be fetched/.test(line)).length, 4);
});

t.test('a system whose keys are at an address gets its token', async (t) => {
  const { publish, uri } = await agency(t);
  const client = await testClient('G12.thue', { jwksUri: uri });
  publish(client.publicJwk);
  const running = await run(t, { pool: await freshPool(t), catalog: catalogOf([client.system]) });
  t.match(await running.post(await client.form()), { status: 200 });
  const next = await testClient('G12.thue', { jwksUri: uri });
  publish(next.publicJwk);
  t.match(await running.post(await next.form()), { status: 401, body: { error: 'invalid_client' } });
  running.clock.at += 30 * SECOND;
  t.match(await running.post(await next.form({}, running.clock.at)), { status: 200 }, 'rotated');
});
