/**
 * Limits connections to the agencies' port: their number, in all and from one source, and the requests in progress on each.
 *
 * A request that waits for an answer costs memory, and so does an answer that its caller does not read. Node stops reading a
 * connection whose answers pile up, but emits every request in the bytes read so far, and 64 KiB hold hundreds.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { sourceOf } from '../../admission/address-limiter.ts';
import type { ConnectionLimits } from '../../config/limits.ts';
import { parseNetworks } from '../../net/networks.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ClosingResponse } from '../../wire/closing-response.ts';
import { MAX_HEADERS } from './server-options.ts';

/** Most requests in progress on a connection; pipelining clients send a few. */
const MAX_PIPELINED = 16;

/** Milliseconds for a caller to close its side after the last answer. */
const LINGER = 2000;

/** The state of one connection. */
interface Connection {
  /** Answers that are not over, in the order of their requests. */
  pending: ServerResponse[];
  /** The newest request, the only one whose body may be incomplete, and its answer. */
  newest: IncomingMessage | undefined;
  answer: ServerResponse | undefined;
  newestAnswered: boolean;
  /** The last answer is being sent or has been sent: later requests are ignored. */
  ending: boolean;
  /** The bytes to send before closing, after the answers that are due. */
  closingResponse: ClosingResponse | undefined;
  /** The request that the closing response answered. */
  refused: IncomingMessage | undefined;
}

export interface Connections {
  /** A request begins. @returns the reason to ignore it, if any */
  begin(request: IncomingMessage, answer: ServerResponse): 'ending' | 'too_many' | undefined;
  /** Its answer is over. MUST follow every `begin`, once. */
  end(request: IncomingMessage): void;
  /** The closing response that answered `request` in place of its application. */
  closingResponseTo(request: IncomingMessage): ClosingResponse | undefined;
  /** Is the body of a request still to come on this connection? */
  isReceiving(socket: Socket): boolean;
  /** Makes the next answer the last one on this connection. */
  endAfterAnswer(socket: Socket): void;
  /**
   * Closes a connection that cannot be read any further, after the answers that are due. Sends `response` first, as the answer to
   * the request with the incomplete body, unless that request has an answer already. No request gets two answers.
   */
  closeWith(socket: Socket, response: ClosingResponse): void;
  /**
   * Takes over a socket that Node's server has released: its errors, its time limit, and the answers that are due on it.
   * `closeWith` MUST follow.
   */
  takeOver(socket: Socket): void;
  /**
   * Destroys every connection, also those that the server's `closeAllConnections` does not cover: the ones that were taken
   * over, and the ones in a TLS handshake.
   */
  cutOff(): void;
}

/** The reasons to close a connection at once: too many in all, or from its address. */
export const connectionRefusals = ['total', 'address'] as const;

type ConnectionRefusal = (typeof connectionRefusals)[number];

/**
 * Limits the connections of `app`, whose server does not listen yet.
 * @param trustedProxies CIDRs: all callers come from these few addresses
 */
export function limitConnections(
  app: FastifyInstance,
  limits: ConnectionLimits,
  trustedProxies: readonly string[],
  metrics: Pick<Metrics, 'connections' | 'connectionsRefused'>,
): Connections {
  const { server } = app;
  const proxies = parseNetworks(trustedProxies);
  const perSource = new Map<string, number>();
  const known = new WeakMap<Socket, Connection>();
  const open = new Set<Socket>();

  const refuse = (reason: ConnectionRefusal) => metrics.connectionsRefused.inc({ reason });

  server.maxConnections = limits.max;
  // One more than allowed: Node silently drops fields beyond this number.
  server.maxHeadersCount = MAX_HEADERS + 1;
  server.on('drop', () => refuse('total'));
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    metrics.connections.inc();
    open.add(socket);
    const source =
      remoteAddress === undefined || proxies.includes(remoteAddress) ? undefined : sourceOf(remoteAddress);
    const count = source === undefined ? 0 : (perSource.get(source) ?? 0) + 1;
    if (source !== undefined) perSource.set(source, count);
    socket.once('close', () => {
      metrics.connections.dec();
      open.delete(socket);
      if (source === undefined) return;
      const left = perSource.get(source)! - 1;
      if (left === 0) perSource.delete(source);
      else perSource.set(source, left);
    });
    if (count > limits.perAddress) {
      refuse('address');
      socket.destroy();
    }
  });

  const of = (socket: Socket): Connection => {
    let connection = known.get(socket);
    if (!connection) {
      connection = {
        pending: [],
        newest: undefined,
        answer: undefined,
        newestAnswered: true,
        ending: false,
        closingResponse: undefined,
        refused: undefined,
      };
      known.set(socket, connection);
    }
    return connection;
  };

  function closeWhenDue(socket: Socket, connection: Connection): void {
    const { pending, newest, answer, newestAnswered, closingResponse } = connection;
    const broken = newest !== undefined && !newest.complete;
    if (broken && newestAnswered) finish(socket, '');
    // The answer in progress is the request's only one; `end` follows.
    else if (broken && answer?.headersSent) return;
    else if (pending.length === (broken ? 1 : 0)) {
      if (broken) connection.refused = newest;
      finish(socket, closingResponse?.bytes ?? '');
    }
  }

  return {
    begin(request, answer) {
      const connection = of(request.socket);
      connection.pending.push(answer);
      connection.newest = request;
      connection.answer = answer;
      connection.newestAnswered = false;
      if (connection.ending) return 'ending';
      return connection.pending.length > MAX_PIPELINED ? 'too_many' : undefined;
    },
    end(request) {
      const connection = of(request.socket);
      const { pending } = connection;
      // Answers end in order, unless the connection is gone.
      if (pending[0]?.req === request) pending.shift();
      else connection.pending = pending.filter(({ req }) => req !== request);
      if (connection.newest === request) connection.newestAnswered = true;
      if (connection.closingResponse !== undefined) closeWhenDue(request.socket, connection);
    },
    closingResponseTo(request) {
      const connection = known.get(request.socket);
      // A body that its caller broke off gets no answer.
      return connection?.refused === request && connection.closingResponse?.bytes !== ''
        ? connection.closingResponse
        : undefined;
    },
    isReceiving(socket) {
      const newest = known.get(socket)?.newest;
      return newest !== undefined && !newest.complete;
    },
    endAfterAnswer(socket) {
      of(socket).ending = true;
    },
    closeWith(socket, response) {
      const connection = of(socket);
      if (connection.closingResponse !== undefined) return;
      connection.ending = true;
      connection.closingResponse = response;
      closeWhenDue(socket, connection);
    },
    takeOver(socket) {
      const connection = of(socket);
      socket.on('error', () => socket.destroy());
      socket.on('timeout', () => socket.destroy());
      socket.once('close', () => {
        // Node would end the ones that wait for their turn on the connection.
        for (const answer of [...connection.pending]) answer.destroy();
      });
    },
    cutOff() {
      for (const socket of open) socket.destroy();
    },
  };
}

/** Sends the last bytes. A caller that keeps its side open does not keep the connection. */
function finish(socket: Socket, bytes: string): void {
  socket.end(bytes);
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once('close', () => clearTimeout(timer));
}
