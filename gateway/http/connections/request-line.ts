/**
 * Checks request lines byte by byte (RFC 9112, section 3): `method SP request-target SP HTTP-version CRLF`. Node's parser also
 * accepts several spaces in place of one, and any number of empty lines before a request; a server in front of the gateway may
 * split such a line differently. The parser does not expose the line, so this module reads the bytes before the parser does,
 * and finds the start of a request at the end of the one before.
 *
 * One empty line before a request is skipped, as RFC 9112 says (section 2.2).
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { createChunkSkipper, type Skip } from './skip-body.ts';

/** Most bytes of heads that wait for their request: more than a head may have, and than Node reads at once. */
const MOST_WAITING = 256 * 1024;
const [CR, LF] = [0x0d, 0x0a];
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

interface Line {
  /** Bytes after the last body, of requests that have not been checked. */
  waiting: Buffer;
  /** Skips the body of the last request; `undefined`: that has ended. */
  skip: Skip | undefined;
  /** Checking has stopped: the connection is ending, or no longer HTTP. */
  over: boolean;
}

const lines = new WeakMap<Socket, Line>();

/** Starts to check the connections of `server`, which does not listen yet. */
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
 * Did the request's line conform to the standard? MUST be called once for each request, in the order of their arrival,
 * before any byte of the next one is read.
 */
export function hasStrictLine({ socket, method, url, httpVersion, headers }: IncomingMessage): boolean {
  const line = lines.get(socket);
  if (!line || line.over) return true;
  const { waiting } = line;
  const begin = waiting[0] === CR && waiting[1] === LF ? 2 : 0;
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
  const bodyFrom = endOfHead + END_OF_HEAD.length;
  if (bodyFrom < waiting.length) receive(line, waiting.subarray(bodyFrom));
  return true;
}

/** `socket` is no longer an HTTP connection: its bytes belong to no request. */
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
  // A connection that is ending has no further requests to check.
  if (line.waiting.length > MOST_WAITING) {
    line.over = true;
    line.waiting = NOTHING;
  }
}
