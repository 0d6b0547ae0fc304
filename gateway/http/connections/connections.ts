/**
 * Connections to the agencies' port: how many there may be, in all and from one source, and how many requests one of
 * them may have in the works.
 *
 * A request that waits for an answer costs memory, and so does an answer that nobody reads. Node reads no further on a
 * connection whose answers pile up, but takes every request out of what it has read by then, and 64 KiB hold hundreds.
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

/** Requests of one connection that may be in the works; pipelining clients send a few. */
const MAX_PIPELINED = 16;

/** Milliseconds that a caller has to close its side when its last answer was sent. */
const LINGER = 2000;

/** What is known of one connection. */
interface Connection {
  /** Answers that are not over, in the order of their requests. */
  pending: ServerResponse[];
  /** The newest request, the only one whose body may still be coming, and its answer. */
  newest: IncomingMessage | undefined;
  answer: ServerResponse | undefined;
  newestAnswered: boolean;
  /** Its last answer is on the way or sent: what came after is not looked at. */
  ending: boolean;
  /** What is sent before it closes, once the answers that are due have been sent. */
  closingResponse: ClosingResponse | undefined;
  /** The request that the last words were sent to as its answer. */
  refused: IncomingMessage | undefined;
}

export interface Connections {
  /** A request begins. @returns why it is not looked at, if it is not */
  begin(request: IncomingMessage, answer: ServerResponse): 'ending' | 'too_many' | undefined;
  /** Its answer is over. MUST follow every `begin`, once. */
  end(request: IncomingMessage): void;
  /** The last words that answered `request` in the place of its application. */
  closingResponseTo(request: IncomingMessage): ClosingResponse | undefined;
  /** Is the body of a request still to come on this connection? */
  isReceiving(socket: Socket): boolean;
  /** The answer to come is the last one on this connection. */
  condemn(socket: Socket): void;
  /**
   * Closes a connection that cannot be read any further, with `words`: after the answers that are due, as the answer of
   * the request whose body broke off, or without them when that one has an answer. Never two answers for a request.
   */
  closeWith(socket: Socket, words: ClosingResponse): void;
  /**
   * Takes over a socket that Node's server has let go of: its errors, its time limit, and the answers that are due on it.
   * `closeWith` MUST follow.
   */
  takeOver(socket: Socket): void;
  /**
   * Destroys every connection: also those that the server's `closeAllConnections` does not know, because they were taken
   * over, or have not come to the end of their TLS handshake.
   */
  cutOff(): void;
}

/** Why a connection is closed at once: there are too many in all, or from its address. */
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
  // One more than allowed: Node leaves out what is past this number, and says nothing.
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
    // An answer that is on its way is its only one; `end` follows.
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
      // Answers end in their order, but where the connection is gone.
      if (pending[0]?.req === request) pending.shift();
      else connection.pending = pending.filter(({ req }) => req !== request);
      if (connection.newest === request) connection.newestAnswered = true;
      if (connection.closingResponse !== undefined) closeWhenDue(request.socket, connection);
    },
    closingResponseTo(request) {
      const connection = known.get(request.socket);
      // A body that its caller broke off is answered by nothing.
      return connection?.refused === request && connection.closingResponse?.bytes !== ''
        ? connection.closingResponse
        : undefined;
    },
    isReceiving(socket) {
      const newest = known.get(socket)?.newest;
      return newest !== undefined && !newest.complete;
    },
    condemn(socket) {
      of(socket).ending = true;
    },
    closeWith(socket, words) {
      const connection = of(socket);
      if (connection.closingResponse !== undefined) return;
      connection.ending = true;
      connection.closingResponse = words;
      closeWhenDue(socket, connection);
    },
    takeOver(socket) {
      const connection = of(socket);
      socket.on('error', () => socket.destroy());
      socket.on('timeout', () => socket.destroy());
      socket.once('close', () => {
        // Node would end those that wait for their turn on the connection.
        for (const answer of [...connection.pending]) answer.destroy();
      });
    },
    cutOff() {
      for (const socket of open) socket.destroy();
    },
  };
}

/** Sends the last bytes. A caller that keeps its side open keeps no connection by it. */
function finish(socket: Socket, bytes: string): void {
  socket.end(bytes);
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once('close', () => clearTimeout(timer));
}
