/** What authentication reads of a request. A `FastifyRequest` is one. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

export interface RequestCredentials {
  readonly method: string;
  /** Path and query, as they were received. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
}
