/** A `PUBLIC_URL` with a path, behind a proxy that takes it off: tokens, bound ones too, and calls by that address alone. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { createClient } from '../../gateway/client/client.ts';
import { startTestGateway } from '../support/gateway.ts';
import { layOut } from '../support/setting.ts';

const PREFIX = '/lien-thong';

/** Passes on what is under {@link PREFIX}, without it, and the well-known addresses as they are. */
async function startProxy(t: Pick<Test, 'teardown'>, port: number): Promise<string> {
  const proxy = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming;
    const path = url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : url;
    if (path === url && !url.startsWith('/.well-known/')) {
      outgoing.writeHead(404).end();
      return;
    }
    const passed = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${PREFIX}`;
}

t.test('behind a proxy that takes the path off', async (t) => {
  const setting = await layOut(t);
  const { PORT } = setting.variables;
  const issuer = await startProxy(t, Number(PORT));
  const variables = { PORT: PORT!, PUBLIC_URL: issuer, TRUSTED_PROXIES: '127.0.0.1/32' };
  await startTestGateway(t, { setting, variables });

  const privateJwk = await setting.privateKey('H26.motcua');
  for (const dpop of [false, true]) {
    const client = createClient({ issuer, clientId: 'H26.motcua', privateJwk, dpop });
    const answer = await client.send(`${issuer}/v1/population/persons/lookup`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-purpose': 'dich-vu-cong',
        'x-case-id': 'H26.11-261122-0001',
        'x-officer-id': 'CB001',
      },
      body: JSON.stringify({ personalId: samples().persons.present[0] }),
    });
    t.equal(
      answer.status,
      200,
      dpop ? 'a token bound to a key: the address is part of each proof' : 'a bearer token',
    );
    await answer.body?.cancel();
  }
});
