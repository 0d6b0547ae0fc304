/** The operators' port takes methods and queries as strictly as the agencies' port does. */
import { METHODS } from 'node:http';
import t from 'tap';
import type { ReplayFrom } from '../../../gateway/changes/replay/plan-replay.ts';
import { sinkNames } from '../../../gateway/changes/sinks/sinks.ts';
import { replayRoutes } from '../../../gateway/operators/admin/admin-replays.ts';
import { buildOperationsApp } from '../../../gateway/operators/server.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { createMetrics } from '../../../gateway/telemetry/metrics.ts';
import { reportFailures } from '../../../gateway/telemetry/report-failures.ts';
import { converse } from '../http/raw.ts';

const limits: number[] = [];
const asked: ReplayFrom[] = [];
const found: string[] = [];
const up = () => ({ status: 200, body: { status: 'ok' } }) as const;
const log = createLog('silent');
const app = buildOperationsApp({
  metrics: createMetrics(),
  health: { live: up, ready: up },
  log,
  failures: reportFailures(log),
  admin: {
    operators: { identify: async (token) => (token === 'operator' ? 'nguyen.van.an' : undefined) },
    routes: [
      replayRoutes({
        ask: async ({ from }) => {
          asked.push(from);
          return [];
        },
        replays: {
          find: async (id) => {
            found.push(id);
            return undefined;
          },
        },
        deadLetters: async (_destination, limit) => {
          limits.push(limit);
          return [];
        },
        sinkNames,
      }),
    ],
  },
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
t.teardown(() => app.close());

t.test('405 with Allow for whatever method Node reads', async (t) => {
  const operator = 'Authorization: Bearer operator\r\n';
  const routes: [path: string, allow: string, fields: string][] = [
    ['/metrics', 'GET, HEAD', ''],
    ['/health/ready', 'GET, HEAD', ''],
    ['/admin/changes/replays', 'POST', operator],
    ['/admin/changes/dead-letters', 'GET, HEAD', operator],
  ];
  for (const [path, allow, fields] of routes) {
    for (const method of METHODS.filter((one) => one !== 'CONNECT' && !allow.split(', ').includes(one))) {
      const { statuses, text } = await converse(url, [
        `${method} ${path} HTTP/1.1\r\nHost: x\r\n${fields}Content-Length: 0\r\nConnection: close\r\n\r\n`,
      ]);
      t.same(statuses, [405], `${method} ${path}`);
      t.ok(text.toLowerCase().includes(`\r\nallow: ${allow.toLowerCase()}\r\n`), `${method} ${path}`);
    }
  }
});

t.test('without the token nobody learns what there is below /admin', async (t) => {
  for (const path of ['/admin/changes/replays', '/admin/nowhere', '/admin']) {
    for (const method of ['GET', 'QUERY', 'PUT'] as const) {
      const { statuses } = await converse(url, [
        `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      ]);
      t.same(statuses, [401], `${method} ${path}`);
    }
  }
});

t.test(
  'numbers as JSON writes them, each parameter once, nothing unknown, nothing that is no UTF-8',
  async (t) => {
    const headers = { authorization: 'Bearer operator' };
    const ask = (query: string) => app.inject({ url: `/admin/changes/dead-letters${query}`, headers });
    for (const query of ['', '?limit=1', '?limit=1000', '?destination=x&limit=5'])
      t.equal((await ask(query)).statusCode, 200, query);
    t.same(limits, [100, 1, 1000, 5]);
    const wrong = ['0x10', '1e2', '%2B5', '+5', '5.0', '0', '1001', '-1', '', 'x', '%D9%A5', '5&limit=6'];
    for (const limit of wrong) {
      const answer = await ask(`?limit=${limit}`);
      t.match(
        answer.json(),
        { status: 400, code: 'contract_violation', errors: [{ parameter: 'limit' }] },
        limit,
      );
    }
    t.match((await ask('?limits=5')).json(), { code: 'contract_violation' });
    for (const query of ['?destination=%ff', '?destination=%', '?%c0%af'])
      t.match((await ask(query)).json(), { status: 400, code: 'malformed_request' }, query);
    for (const query of [
      '?destination=%00',
      '?destination=a%00b',
      '?destination=%EF%BF%BF',
      '?destination=x%0a&limit=5',
    ]) {
      const named = { errors: [{ parameter: 'destination' }] };
      t.match((await ask(query)).json(), { status: 400, code: 'contract_violation', ...named }, query);
    }
    t.same(limits.length, 4, 'none of them was looked up');
  },
);

const OPERATOR = 'Authorization: Bearer operator\r\n';

t.test('requests that another server might read otherwise end their connection', async (t) => {
  const host = 'Host: x\r\n';
  const second = `GET /health/live HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;
  for (const path of ['/health/live', '/admin/changes/dead-letters']) {
    const cases: [name: string, line: string, fields: string, status: number][] = [
      ['two spaces before the target', `GET  ${path} HTTP/1.1`, host, 400],
      ['a tab before the target', `GET\t${path} HTTP/1.1`, host, 400],
      ['two spaces after it', `GET ${path}  HTTP/1.1`, host, 400],
      ['two empty lines before it', `\r\n\r\nGET ${path} HTTP/1.1`, host, 400],
      ['the absolute form', `GET http://x${path} HTTP/1.1`, host, 400],
      ['a fragment', `GET ${path}#a HTTP/1.1`, host, 400],
      ['a backslash', `GET ${path}?\\ HTTP/1.1`, host, 400],
      ['HTTP/2.0', `GET ${path} HTTP/2.0`, host, 400],
      ['two hosts', `GET ${path} HTTP/1.1`, `${host}Host: y\r\n`, 400],
      ['two credentials', `GET ${path} HTTP/1.1`, `${host}Authorization: Bearer a\r\n`, 400],
      ['another coding', `POST ${path} HTTP/1.1`, `${host}Transfer-Encoding: gzip, chunked\r\n`, 400],
      ['too many fields', `GET ${path} HTTP/1.1`, host + 'X: y\r\n'.repeat(100), 431],
      ['an expectation that nobody knows', `GET ${path} HTTP/1.1`, `${host}Expect: banana\r\n`, 417],
      ['one beside another', `GET ${path} HTTP/1.1`, `${host}Expect: 100-continue, x\r\n`, 417],
      ['two spaces, and a target that cannot be read', `GET  ${path}/%zz HTTP/1.1`, host, 400],
    ];
    for (const [name, line, fields, status] of cases) {
      const { statuses, closed } = await converse(url, [`${line}\r\n${fields}${OPERATOR}\r\n${second}`]);
      t.equal(statuses[0], status, `${path}: ${name}`);
      t.notOk(statuses.includes(200), `${path}: ${name}: what follows is not looked at`);
      t.ok(closed, `${path}: ${name}`);
    }
    const [line, rest] = [`GET ${path} HTTP/1.1\r\n`, `${host}${OPERATOR}\r\n`];
    t.same(
      (await converse(url, [`\r\n${line}${rest}${line}${rest}${second}`])).statuses,
      [200, 200, 200],
      `${path}: as the standard writes them they are served`,
    );
  }
  const { statuses, text } = await converse(url, [`GET /%zz HTTP/1.1\r\n${host}\r\n${second}`]);
  t.same(statuses, [400, 200], 'what cannot be read is refused, and what follows is a request of its own');
  t.match(text, /application\/problem\+json[\s\S]*"code":"malformed_request"/);
});

t.test('100 Continue comes to an operator only', async (t) => {
  const head = `POST /admin/changes/replays HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n`;
  const known = await converse(url, [`${head}${OPERATOR}\r\n`, '{}']);
  t.match(known.text, /^HTTP\/1\.1 100 Continue/);
  t.same(known.statuses, [400]);
  const unknown = await converse(url, [`${head}\r\n`]);
  t.notMatch(unknown.text, /100 Continue/);
  t.same(unknown.statuses, [401]);
});

t.test('numbers, moments and texts of a replay that nobody can keep', async (t) => {
  const ask = (members: string) =>
    app.inject({
      ...{ method: 'POST', url: '/admin/changes/replays' },
      headers: { authorization: 'Bearer operator', 'content-type': 'application/json' },
      body: `{"by":"a","reason":"b","agreement":"TT-1",${members}}`,
    });
  const wrong: [members: string, pointer: string][] = [
    ['"from":{"sequence":1e300}', '/from/sequence'],
    ['"from":{"sequence":9007199254740992}', '/from/sequence'],
    ['"from":{"sequence":0}', '/from/sequence'],
    ['"from":{"sequence":1.5}', '/from/sequence'],
    ['"from":{"time":"9999-12-31T23:59:60Z"}', '/from/time'],
    ['"from":{"time":"2016-12-31T23:59:60Z"}', '/from/time'],
    ['"from":{"time":"2026-11-22T00:00:00Z\\u0000"}', '/from/time'],
    ['"from":{"everything":true},"entity":"a\\u0000"', '/entity'],
    ['"from":{"everything":true},"registry":"\\ud800"', '/registry'],
  ];
  for (const [members, pointer] of wrong) {
    const { errors = [], ...answer } = (await ask(members)).json();
    t.match(answer, { status: 400, code: 'contract_violation' }, members);
    t.ok(
      errors.some((error: { pointer: string }) => error.pointer === pointer),
      `${members}: ${pointer}`,
    );
  }
  t.same(asked, [], 'nobody was asked');
  for (const members of ['"from":{"sequence":9007199254740991}', '"from":{"time":"9999-12-31T23:59:59Z"}'])
    t.equal((await ask(members)).statusCode, 202, members);
  t.same(asked, [{ sequence: Number.MAX_SAFE_INTEGER }, { time: new Date('9999-12-31T23:59:59Z') }]);

  const look = (id: string) =>
    app.inject({ url: `/admin/changes/replays/${id}`, headers: { authorization: 'Bearer operator' } });
  const id = '019aa1f2-0000-7000-8000-000000000000';
  for (const name of ['-'.repeat(36), 'a'.repeat(36), `${id}%00`, id])
    t.equal((await look(name)).statusCode, 404, name);
  t.same(found, [id], 'PostgreSQL is asked for what can be an id');
});
