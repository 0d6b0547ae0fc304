/** The parts of a request that authentication reads. A `FastifyRequest` has them. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

export interface RequestCredentials {
  readonly method: string;
  /** Path and query, as they were received. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
}
