/**
 * Refuses CONNECT (RFC 9110, section 9.3.6) with 405: the gateway is no proxy.
 *
 * Node's HTTP server releases a socket that it passes to the `connect` event: it removes its listeners for errors,
 * time limits and the end of earlier calls, and `closeAllConnections` no longer covers it. This module takes all of that
 * over; otherwise one reset would end the process, and one idle caller would hold its connection for ever.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { closingResponse } from '../../wire/closing-response.ts';
import type { Connections } from './connections.ts';
import { stopWatching } from './request-line.ts';

/** Refuses tunnels on `server`. (Without a `connect` listener, a server destroys the connection.) */
export function refuseTunnels(
  server: Pick<Server, 'on'>,
  connections: Pick<Connections, 'takeOver' | 'closeWith'>,
): void {
  server.on('connect', (request: IncomingMessage, tunnel: Duplex) => {
    const { socket } = request;
    // While the request's body is incomplete, `tunnel` wraps the socket and repeats its errors.
    if (tunnel !== socket) tunnel.on('error', () => socket.destroy());
    stopWatching(socket);
    connections.takeOver(socket);
    // Reads the caller's bytes after the request: left unread, they would make closing reset the connection before the answer is
    // read.
    if (request.complete) socket.resume();
    connections.closeWith(socket, closingResponse(405, 'method_not_allowed'));
  });
}
