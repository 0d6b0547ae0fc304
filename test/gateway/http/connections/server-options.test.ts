import Fastify from 'fastify';
import t from 'tap';
import { parserOptions, timeouts } from '../../../../gateway/http/connections/server-options.ts';

t.test('the options as Fastify understands them', async (t) => {
  const serverOf = (requestTimeout: number, longestDeadline: number) =>
    Fastify({ http: parserOptions(requestTimeout), ...timeouts(requestTimeout, longestDeadline) }).server;
  t.match(serverOf(30_000, 5000), {
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    timeout: 60_000,
    keepAliveTimeout: 65_000,
  });
  t.match(
    serverOf(3000, 5000),
    { requestTimeout: 3000, headersTimeout: 3000 },
    'headers are part of a request',
  );
  t.match(serverOf(30_000, 120_000), { timeout: 130_000 }, 'a registry may take its contract’s time');
});
