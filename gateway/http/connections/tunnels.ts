/**
 * CONNECT (RFC 9110, section 9.3.6): this gateway is no proxy, and answers 405.
 *
 * Node's HTTP server lets go of a socket that it hands to the `connect` event: no listener of its own is left for errors,
 * time limits and the end of the calls that came before, and `closeAllConnections` does not know it any more. What is not
 * taken over here is lost: the process with the first reset, the connection with the first caller that holds on to it.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { closingResponse } from '../../wire/closing-response.ts';
import type { Connections } from './connections.ts';
import { stopWatching } from './request-line.ts';

/** Begins to refuse them on `server`. (A server that nobody listens to for `connect` destroys the connection.) */
export function refuseTunnels(
  server: Pick<Server, 'on'>,
  connections: Pick<Connections, 'takeOver' | 'closeWith'>,
): void {
  server.on('connect', (request: IncomingMessage, tunnel: Duplex) => {
    const { socket } = request;
    // Around the socket while the body of the request is still to come: it repeats the socket's errors.
    if (tunnel !== socket) tunnel.on('error', () => socket.destroy());
    stopWatching(socket);
    connections.takeOver(socket);
    // What the caller sends into the tunnel: left unread, closing would reset the connection before its answer is read.
    if (request.complete) socket.resume();
    connections.closeWith(socket, closingResponse(405, 'method_not_allowed'));
  });
}
