/**
 * Request lines, byte by byte (RFC 9112, section 3): `method SP request-target SP HTTP-version CRLF`. Node's parser also
 * takes several spaces where one belongs, and lines that begin after any number of empty ones; a server before this one may
 * split such a line elsewhere. The parser does not show the line that it read, so the bytes are looked at before it has
 * them: where a request begins, by where the one before ended.
 *
 * One empty line before a request is passed over, as RFC 9112 says (section 2.2).
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { createChunkSkipper, type Skip } from './skip-body.ts';

/** Bytes of heads that wait for their request: more than a head may have, and than Node reads at once. */
const MOST_WAITING = 256 * 1024;
const CRLF = Buffer.from('\r\n');
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

interface Line {
  /** What was received after the last body, and belongs to requests that have not been looked at. */
  waiting: Buffer;
  /** Passes over the body of the last request; `undefined`: it is over. */
  skip: Skip | undefined;
  /** No more is looked at: the connection is ending, or is not HTTP any more. */
  over: boolean;
}

const lines = new WeakMap<Socket, Line>();

/** Begins to look at the connections of `server`, which does not listen yet. */
export function watchRequestLines(
  server: Pick<Server, 'on'>,
  event: 'connection' | 'secureConnection',
): void {
  server.on(event, (socket: Socket) => {
    const line: Line = { waiting: NOTHING, skip: undefined, over: false };
    lines.set(socket, line);
    // Before the parser, which acts on a request while it reads it.
    socket.prependListener('data', (bytes: Buffer) => receive(line, bytes));
  });
}

/**
 * Was the request's line written as the standard says? To be asked once for each request, in the order of their arrival,
 * before anything of the next is read.
 */
export function hasStrictLine({ socket, method, url, httpVersion, headers }: IncomingMessage): boolean {
  const line = lines.get(socket);
  if (!line || line.over) return true;
  const { waiting } = line;
  const begin = waiting.subarray(0, 2).equals(CRLF) ? 2 : 0;
  const expected = `${method} ${url} HTTP/${httpVersion}\r\n`;
  const end = begin + expected.length;
  const endOfHead = waiting.indexOf(END_OF_HEAD, end - 2);
  if (endOfHead < 0 || waiting.toString('latin1', begin, end) !== expected) {
    line.over = true;
    line.waiting = NOTHING;
    return false;
  }
  line.waiting = NOTHING;
  line.skip = skipBodyOf(headers);
  receive(line, waiting.subarray(endOfHead + END_OF_HEAD.length));
  return true;
}

/** `socket` is no connection of HTTP any more: what comes on it is nobody's request. */
export function stopWatching(socket: Socket): void {
  const line = lines.get(socket);
  if (!line) return;
  line.over = true;
  line.waiting = NOTHING;
}

function skipBodyOf(headers: IncomingMessage['headers']): Skip | undefined {
  if (headers['transfer-encoding'] !== undefined) return createChunkSkipper();
  let left = Number(headers['content-length'] ?? 0);
  if (left === 0) return undefined;
  return (bytes) => {
    const taken = Math.min(left, bytes.length);
    left -= taken;
    return left > 0 ? undefined : bytes.subarray(taken);
  };
}

function receive(line: Line, bytes: Buffer): void {
  if (line.over || bytes.length === 0) return;
  let rest = bytes;
  if (line.skip) {
    const after = line.skip(bytes);
    if (!after) return;
    line.skip = undefined;
    rest = after;
  }
  line.waiting = line.waiting.length === 0 ? rest : Buffer.concat([line.waiting, rest]);
  // Nobody asks after the requests of a connection that is ending.
  if (line.waiting.length > MOST_WAITING) {
    line.over = true;
    line.waiting = NOTHING;
  }
}
