/**
 * What a gateway on Fastify and undici costs without anything that makes it one: no token, no contract, no evidence,
 * no metrics, no log. The same server, the same client with the same settings, the same Node.
 *
 *     node test/bench/contestants/pass-through.ts PORT UPSTREAM CONNECTIONS
 */
import Fastify from 'fastify';
import { Pool } from 'undici';

const [port, upstream, connections] = process.argv.slice(2);
const pool = new Pool(upstream!, { connections: Number(connections), pipelining: 1, keepAliveTimeout: 4000 });
const app = Fastify({ logger: false });

app.get('/*', async (request, reply) => {
  const { accept, authorization } = request.headers;
  const answer = await pool.request({
    method: 'GET',
    path: request.url,
    headers: { accept, authorization },
  });
  // Read as a whole, as the gateway must, and faster than a stream for an answer of this size.
  const body = Buffer.from(await answer.body.arrayBuffer());
  return reply.code(answer.statusCode).header('content-type', answer.headers['content-type']).send(body);
});

await app.listen({ host: '127.0.0.1', port: Number(port) });
