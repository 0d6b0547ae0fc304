import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Respond = (response: ServerResponse, request: Received) => void;

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TestServer {
  readonly url: string;
  /** Every request, in the order of arrival. */
  readonly received: Received[];
  /** What the server does with the next requests. */
  respond: Respond;
  /** Open connections. */
  connections(): Promise<number>;
}

/** A real HTTP server on a free port, gone when `test` ends. */
export async function startServer(test: Pick<Test, 'teardown'>, respond: Respond): Promise<TestServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const received: Received = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    started.received.push(received);
    started.respond(response, received);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const started: TestServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    respond,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
  };
  return started;
}

/** An address where nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Sends a reply whole. */
export function send({ status = 200, headers = {}, body = '' }: Reply): Respond {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

export function sendJson(value: unknown, status = 200): Respond {
  return send({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
}

/** Never answers. */
export const silence: Respond = () => {};

/** Ends the connection without an answer. */
export const drop: Respond = (response) => {
  response.socket?.destroy();
};

/** Sends headers at once and then one byte after the other, for ever. */
export const trickle: Respond = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(timer));
};

/** Announces more than it sends before the connection ends. */
export const truncate: Respond = (response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"half":', () => response.socket?.destroy());
};

/** One behaviour after the other; the last stays. */
export function inTurn(...behaviours: readonly Respond[]): Respond {
  let turn = 0;
  return (response, request) => {
    const respond = behaviours[Math.min(turn++, behaviours.length - 1)]!;
    respond(response, request);
  };
}
