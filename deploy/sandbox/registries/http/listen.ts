import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CONTROL_PREFIX, type Controls, control } from './control.ts';
import { deliver, deliverFaulty, failFirst } from './deliver.ts';
import { Faults } from './faults.ts';
import { type AppliedChange, type Exchange, type Protocol, text } from './protocol.ts';
import { Stats } from './stats.ts';

/** Longer than any client keeps an idle connection, so that it is never the server that closes one. */
const KEEP_ALIVE_MS = 30_000;
const LARGEST_BODY = 1_048_576;

interface ListenOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  protocol: Protocol;
  applyChange(minutesAgo: number): AppliedChange;
}

export interface Listening {
  /** `http://127.0.0.1:8101` */
  url: string;
  /** Ends connections too, also those with a request on its way. */
  close(): Promise<void>;
}

/** Serves one registry's protocol and its control endpoints. */
export async function listen({ host, port, protocol, applyChange }: ListenOptions): Promise<Listening> {
  const controls: Controls = { faults: new Faults(), stats: new Stats(), applyChange };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    respond(protocol, controls, request, response).catch((error: unknown) => {
      if (!response.headersSent)
        deliver(text(500, error instanceof Error ? error.message : 'failed'), response);
      else response.destroy();
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  protocol: Protocol,
  controls: Controls,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined)
    return deliver({ ...text(413, 'too large'), headers: { connection: 'close' } }, response);
  const exchange = toExchange(request, body);
  if (exchange.path.startsWith(CONTROL_PREFIX)) {
    return deliver(control(controls, exchange, request.socket.remoteAddress), response);
  }
  const call = protocol.open(exchange);
  controls.stats.record(call, exchange.headers);
  const fault = controls.faults.take(exchange.path, call.operation);
  if (fault === undefined) return deliver(call.answer(), response);
  controls.stats.recordFault();
  // The registry acts when it makes its answer, so a refused request has no effect.
  const act = () => (fault.refuse ? protocol.refusal : call.answer());
  await (fault.before ? failFirst(act, fault, response) : deliverFaulty(act(), fault, response));
}

function toExchange(request: IncomingMessage, body: string): Exchange {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark)),
    headers: request.headers,
    body,
  };
}

/** The body as text; undefined if there is too much of it. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (request.method === 'GET') return '';
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
