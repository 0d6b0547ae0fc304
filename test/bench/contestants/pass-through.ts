/**
 * What a gateway on Fastify and undici costs without anything that makes it one: no token, no contract, no evidence,
 * no metrics, no log. The same server, the same client with the same settings, the same Node.
 *
 *     node test/bench/contestants/pass-through.ts PORT UPSTREAM CONNECTIONS stream|whole
 *
 * `stream` passes the answer on as it comes, whatever its size, as a proxy does. `whole` reads it first, as the gateway must,
 * which for a small answer takes less than a stream.
 */
import Fastify from 'fastify';
import { Pool } from 'undici';

const [port, upstream, connections, way] = process.argv.slice(2);
const pool = new Pool(upstream!, { connections: Number(connections), pipelining: 1, keepAliveTimeout: 4000 });
const app = Fastify({ logger: false });

app.get('/*', async (request, reply) => {
  const { accept, authorization } = request.headers;
  const answer = await pool.request({
    method: 'GET',
    path: request.url,
    headers: { accept, authorization },
  });
  const { 'content-type': type, 'content-length': length } = answer.headers;
  reply.code(answer.statusCode).header('content-type', type);
  if (way === 'whole') return reply.send(Buffer.from(await answer.body.arrayBuffer()));
  if (length !== undefined) reply.header('content-length', length);
  return reply.send(answer.body);
});

await app.listen({ host: '127.0.0.1', port: Number(port) });
