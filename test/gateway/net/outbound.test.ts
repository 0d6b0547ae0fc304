/** Nobody reaches through the gateway what only the gateway reaches. */
import dns from 'node:dns';
import { createServer, type ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { request } from 'undici';
import { createOutbound, isPublic, OutboundRefused } from '../../../gateway/net/outbound.ts';

function outboundTo(t: Test, ...allowedNetworks: string[]) {
  const outbound = createOutbound({ allowedNetworks });
  t.teardown(() => outbound.close());
  return outbound;
}

/** A server on this machine that counts its requests. */
async function server(t: Test) {
  const seen: string[] = [];
  const http = createServer((message, response) => {
    seen.push(message.url ?? '');
    if (message.url === '/elsewhere') response.writeHead(302, { location: '/' });
    response.end('{"ok":true}');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    http.closeAllConnections();
    http.close();
  });
  return { seen, port: (http.address() as AddressInfo).port };
}

/** Names that resolve as the test says, one answer after another. */
function names(t: Test, answers: Record<string, string[][]>): void {
  type Callback = (error: Error | null, addresses: { address: string; family: number }[]) => void;
  const lookup = (hostname: string, _options: object, callback: Callback) => {
    const [next = [], ...rest] = answers[hostname] ?? [];
    if (rest.length > 0) answers[hostname] = rest;
    callback(
      null,
      next.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  const mocked = mock.method(dns, 'lookup', lookup as never);
  syncBuiltinESMExports();
  t.teardown(() => {
    mocked.mock.restore();
    syncBuiltinESMExports();
  });
}

t.test('a document as servers write it', async (t) => {
  const document = JSON.stringify({ keys: [] });
  const answers: Record<string, (response: ServerResponse) => void> = {
    '/bom': (response) => response.end(`\ufeff${document}`),
    '/gzip': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(document)),
    '/interim': (response) => {
      response.writeContinue();
      response.end(document);
    },
    '/bomb': (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000, ' '))),
    '/no-text': (response) => response.end('{"keys":["\\ud800"]}'),
  };
  const asked: (string | undefined)[] = [];
  const http = createServer((message, response) => {
    asked.push(message.headers['accept-encoding']?.toString());
    answers[message.url!]!(response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    http.closeAllConnections();
    http.close();
  });
  const outbound = outboundTo(t, '127.0.0.1');
  const get = (path: string) =>
    outbound.getJson(`http://127.0.0.1:${(http.address() as AddressInfo).port}${path}`);
  for (const path of ['/bom', '/gzip', '/interim']) t.same(await get(path), { keys: [] }, path);
  for (const path of ['/bomb', '/no-text']) await t.rejects(get(path), path);
  t.same(asked, Array(5).fill('identity'));
});

t.test('public addresses', (t) => {
  const open = [
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2001:4860:4860::8888',
  ];
  const shut = [
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '10.0.0.1',
      '10.255.255.255',
      '100.64.0.1',
      '100.127.255.255',
      '127.0.0.1',
      '127.255.255.254',
    ],
    ...[
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.1',
      '192.0.2.1',
      '192.88.99.1',
      '192.168.1.1',
    ],
    ...[
      '198.18.0.1',
      '198.19.255.255',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '239.255.255.255',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::1',
      '100::1',
    ],
    ...[
      '2001::1',
      '2001:db8::1',
      '2002:7f00:1::1',
      '3fff::1',
      'fc00::1',
      'fd00::1',
      'fe80::1',
      'fe80::1%eth0',
      'ff02::1',
      '5f00::1',
    ],
    ...['', 'localhost', '127.1', '0x7f.1'],
  ];
  for (const address of open) t.ok(isPublic(address), address);
  for (const address of shut) t.notOk(isPublic(address), address);
  t.end();
});

t.test('addresses that are refused before anything is looked up', async (t) => {
  const outbound = outboundTo(t);
  const refused = [
    ...['http://agency.gov.vn/', 'http://8.8.8.8/', 'http://127.0.0.1/', 'http://localhost.agency.gov.vn/'],
    ...[
      'https://127.0.0.1/',
      'https://127.1/',
      'https://0x7f000001/',
      'https://2130706433/',
      'https://0177.0.0.1/',
    ],
    ...[
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:7f00:1]/',
      'https://[fe80::1]/',
      'https://169.254.169.254/',
    ],
    ...[
      'https://user@agency.gov.vn/',
      'https://user:password@agency.gov.vn/',
      'file:///etc/passwd',
      'ftp://agency.gov.vn/',
    ],
    ...['data:application/json,{}', 'jwks.json', '', 'https://'],
  ];
  for (const address of refused) {
    t.throws(() => outbound.check(address), OutboundRefused, address);
    await t.rejects(outbound.getJson(address), OutboundRefused, address);
  }
  for (const address of [
    'https://agency.gov.vn/jwks.json',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]:8443/',
  ]) {
    t.doesNotThrow(() => outbound.check(address), address);
  }
});

t.test('this machine, only when it is listed', async (t) => {
  const { seen, port } = await server(t);
  const address = `http://127.0.0.1:${port}/`;
  await t.rejects(outboundTo(t).getJson(address), OutboundRefused);
  await t.rejects(outboundTo(t, '10.0.0.0/8').getJson(address), OutboundRefused);
  await t.rejects(outboundTo(t).getJson(`http://localhost:${port}/`), OutboundRefused);
  t.equal(seen.length, 0);
  t.same(await outboundTo(t, '127.0.0.0/8').getJson(address), { ok: true });
  t.same(await outboundTo(t, '127.0.0.0/8', '::1').getJson(`http://localhost:${port}/`), { ok: true });
  await t.rejects(outboundTo(t, '127.0.0.1').getJson(`${address}elsewhere`), /status is 302/, 'no redirects');
  t.same(seen, ['/', '/', '/elsewhere']);
});

t.test('a listed network is no reason for plain http', async (t) => {
  const outbound = outboundTo(t, '10.0.0.0/8');
  t.throws(() => outbound.check('http://10.0.0.1/'), OutboundRefused);
  t.doesNotThrow(() => outbound.check('https://10.0.0.1/'));
});

t.test('names are judged by what they resolve to, when the connection is made', async (t) => {
  const { seen, port } = await server(t);
  names(t, {
    'inside.example': [['10.0.0.1']],
    'local.example': [['127.0.0.1']],
    'mixed.example': [['8.8.8.8', '127.0.0.1']],
    'six.example': [['::ffff:127.0.0.1']],
    'nothing.example': [[]],
    // First a public address for whoever only checks, then this machine.
    'rebinding.example': [['8.8.8.8'], ['127.0.0.1']],
    localhost: [['127.0.0.1'], ['192.0.2.1']],
  });
  const outbound = outboundTo(t);
  for (const host of ['inside', 'local', 'mixed', 'six', 'nothing']) {
    await t.rejects(outbound.getJson(`https://${host}.example:${port}/`), OutboundRefused, host);
  }
  dns.lookup('rebinding.example', { all: true }, () => {});
  await t.rejects(outbound.getJson(`https://rebinding.example:${port}/`), OutboundRefused, 'rebinding');
  const listed = outboundTo(t, '127.0.0.1');
  t.same(await listed.getJson(`http://localhost:${port}/`), { ok: true });
  const other = outboundTo(t, '127.0.0.1', '192.0.2.0/24');
  await t.rejects(other.getJson(`http://localhost:${port}/`), OutboundRefused, 'localhost that is elsewhere');
  t.equal(seen.length, 1);
});

t.test('a request that uses the agent directly is stopped as well', async (t) => {
  const { seen, port } = await server(t);
  const { agent } = outboundTo(t);
  for (const address of [
    `http://127.0.0.1:${port}/`,
    `https://127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
  ]) {
    await t.rejects(request(address, { dispatcher: agent }), OutboundRefused, address);
  }
  t.equal(seen.length, 0);
});

t.test('networks that are none', (t) => {
  for (const network of [
    'x',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0.0/-1',
    '10.0.0',
    'loopback',
  ]) {
    t.throws(() => createOutbound({ allowedNetworks: [network] }), TypeError, network);
  }
  t.end();
});
