/** Subscriptions are no way to find out what listens inside a network that the operator lists. */

import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { mock } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import t, { type Test } from 'tap';
import { freePort } from '../../../../../deploy/sandbox/processes/free-port.ts';
import { post } from '../../../../../gateway/changes/sinks/webhooks/post.ts';
import { createOutbound } from '../../../../../gateway/net/outbound.ts';
import { makeCertificate } from '../../../../support/certificates.ts';

const TIMEOUT = 700;

async function listening(t: Test, server: ReturnType<typeof createServer>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Ports of every kind, by what is found there. */
async function ports(t: Test): Promise<Record<string, string>> {
  const { pem, keyPem } = makeCertificate({ subject: [['CN', 'localhost']], san: [['dns', 'localhost']] });
  const tls = createTlsServer({ cert: pem, key: keyPem });
  tls.on('tlsClientError', () => {});
  const closed = await freePort();
  const silent = await listening(t, createServer());
  const talking = await listening(
    t,
    createServer((socket) => {
      socket.on('error', () => {});
      socket.write('220 mail ESMTP\r\n');
    }),
  );
  const hangingUp = await listening(
    t,
    createServer((socket) => socket.end()),
  );
  const resetting = await listening(
    t,
    createServer((socket) => socket.resetAndDestroy()),
  );
  const untrusted = await listening(t, tls);
  return {
    closed: `http://127.0.0.1:${closed}/`,
    'closed, TLS': `https://127.0.0.1:${closed}/`,
    'closed, by name': `https://localhost:${closed}/`,
    silent: `http://127.0.0.1:${silent}/`,
    'silent, TLS': `https://127.0.0.1:${silent}/`,
    'another protocol': `http://127.0.0.1:${talking}/`,
    'another protocol, TLS': `https://127.0.0.1:${talking}/`,
    'hangs up': `http://127.0.0.1:${hangingUp}/`,
    'hangs up, TLS': `https://127.0.0.1:${hangingUp}/`,
    resets: `http://127.0.0.1:${resetting}/`,
    'a certificate that is not trusted': `https://localhost:${untrusted}/`,
    'a certificate of another name': `https://127.0.0.1:${untrusted}/`,
    'TLS where HTTP is spoken': `http://127.0.0.1:${untrusted}/`,
    'no such name': 'https://nowhere.invalid/',
  };
}

t.test('every kind of no answer is one failure, and comes at the deadline', async (t) => {
  const outbound = createOutbound({
    ...{ allowedNetworks: ['127.0.0.0/8', '::1'], timeout: TIMEOUT, connections: null },
  });
  t.teardown(() => outbound.close());
  const seen: { host: string; cause: string }[] = [];
  const parts = {
    outbound,
    sign: () => ({}),
    timeout: TIMEOUT,
    onUnanswered: ({ host, cause }: { host: string; cause: string }) => void seen.push({ host, cause }),
  };
  const delivery = { contentType: 'application/json', subscription: 's', body: '{}' };
  const targets = Object.entries(await ports(t));
  const results = await Promise.all(
    targets.map(async ([name, url]) => {
      const begun = performance.now();
      const posted = await post(parts, { ...delivery, url }, new AbortController().signal);
      return { name, posted, took: performance.now() - begun };
    }),
  );
  for (const { name, posted, took } of results) {
    t.match(posted, { answered: false, failure: 'no_answer' }, name);
    // Timers may fire a millisecond early.
    t.ok(took >= TIMEOUT - 2, `${name}: not before the deadline, ${took}`);
  }
  t.equal(seen.length, targets.length, 'the operator sees each');
  t.ok(
    new Set(seen.map(({ cause }) => cause)).size >= 4,
    `and what it was: ${seen.map(({ cause }) => cause)}`,
  );
  t.ok(
    seen.every(({ host }) => !host.includes('/')),
    'without paths',
  );
});

t.test('an aborted delivery does not wait for the deadline', async (t) => {
  const outbound = createOutbound({ allowedNetworks: ['127.0.0.1'], timeout: 600_000, connections: null });
  t.teardown(() => outbound.close());
  const ending = new AbortController();
  const parts = {
    outbound,
    sign: () => ({}),
    timeout: 600_000,
    onUnanswered: () => void setImmediate(() => ending.abort(new Error('over'))),
  };
  const delivery = { contentType: 'application/json', subscription: 's', body: '{}' };
  const url = `http://127.0.0.1:${await freePort()}/`;
  await t.rejects(post(parts, { ...delivery, url }, ending.signal), { message: 'over' });
});

t.test('an address counts as inside unless it is known to be public', (t) => {
  const outbound = createOutbound({ allowedNetworks: ['10.0.0.0/8'] });
  t.teardown(() => outbound.close());
  t.notOk(outbound.isInside('https://8.8.8.8/'));
  for (const inside of [
    'https://10.0.0.1/',
    'https://[::1]/',
    'http://127.0.0.1:1/',
    'https://not-resolved.example/',
    'x',
  ])
    t.ok(outbound.isInside(inside), inside);
  t.end();
});

/** A name's addresses, changed by the test while connections are under way. */
function resolving(t: Test, name: string) {
  type Callback = (error: Error | null, addresses: { address: string; family: number }[]) => void;
  const answer = { address: '127.0.0.1' as string | undefined };
  const real = dns.lookup;
  const lookup = (hostname: string, options: dns.LookupOptions, callback: Callback) => {
    if (hostname !== name) return real(hostname, options as dns.LookupAllOptions, callback);
    const { address } = answer;
    if (address === undefined) callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []);
    else callback(null, [{ address, family: 4 }]);
  };
  const mocked = mock.method(dns, 'lookup', lookup as never);
  syncBuiltinESMExports();
  t.teardown(() => {
    mocked.mock.restore();
    syncBuiltinESMExports();
  });
  return answer;
}

t.test('a name that is resolved elsewhere while a connection is under way shows nothing', async (t) => {
  const name = 'alternating.example';
  const answer = resolving(t, name);
  const outbound = createOutbound({ allowedNetworks: ['127.0.0.0/8'], timeout: TIMEOUT, connections: null });
  t.teardown(() => outbound.close());
  const parts = { outbound, sign: () => ({}), timeout: TIMEOUT };
  const delivery = { contentType: 'application/json', subscription: 's', body: '{}' };
  const go = async (port: number) => {
    const begun = performance.now();
    const posted = await post(
      parts,
      { ...delivery, url: `https://${name}:${port}/` },
      new AbortController().signal,
    );
    return { posted, took: performance.now() - begun };
  };
  const silent = await listening(t, createServer());
  const hangingUp = await listening(
    t,
    createServer((socket) => {
      // The name leads to a public address again before the connection inside ends.
      answer.address = '8.8.8.8';
      outbound.agent.request({ origin: `https://${name}:1`, path: '/', method: 'GET' }).catch(() => {});
      setTimeout(() => socket.destroy(), 50);
    }),
  );
  for (const port of [hangingUp, silent, await freePort()]) {
    answer.address = '127.0.0.1';
    const attempt = go(port);
    const meanwhile = setTimeout(() => {
      answer.address = '8.8.8.8';
      outbound.agent.request({ origin: `https://${name}:1`, path: '/', method: 'GET' }).catch(() => {});
    }, 50);
    const { posted, took } = await attempt;
    clearTimeout(meanwhile);
    t.match(posted, { answered: false, failure: 'no_answer' });
    t.ok(took >= TIMEOUT - 2, `not before the deadline, ${took}`);
  }
});

t.test('a name that could not be resolved once is not inside for ever', async (t) => {
  const name = 'hiccup.example';
  const answer = resolving(t, name);
  const outbound = createOutbound({ allowedNetworks: [], timeout: 50, connections: null });
  t.teardown(() => outbound.close());
  const url = `https://${name}:1/`;
  const look = () =>
    outbound.agent.request({ origin: url, path: '/', method: 'GET' }).then(
      () => {},
      () => {},
    );
  for (const [address, isInside] of [
    [undefined, true],
    ['8.8.8.8', false],
    [undefined, true],
    ['8.8.8.8', false],
    ['10.0.0.1', true],
    ['8.8.8.8', true],
    [undefined, true],
  ] as const) {
    answer.address = address;
    await look();
    t.equal(outbound.isInside(url), isInside, `${address}`);
  }
});
