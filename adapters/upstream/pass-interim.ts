/**
 * Skips unexpected interim answers. RFC 9110 (section 15.2) has a client read any 1xx before the final answer, and ignore
 * it if it did not expect one. undici (8.12, `client-h1.js`) takes `100 Continue` for a broken answer and ends the connection:
 * a registry's answer is lost, and a webhook's delivery is sent again. So this module removes the bytes of interim answers
 * before undici reads them, except of 101, after which the connection carries another protocol.
 *
 * An answer begins with the first byte after a request was written. This holds with `pipelining: 1` and bodies that
 * are written together with their head.
 */
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

const NOTHING = Buffer.alloc(0);
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r\n]/;
/** The bytes that `INTERIM` looks at: a fragment is completed with them, since the first byte may arrive alone. */
const REST = 'HTTP/1.1 100 ';
/** Offset of the status. */
const FIRST_DIGIT = 'HTTP/1.1 '.length;
const ONE = 0x31;
const CR = 0x0d;
const LF = 0x0a;
/** Most bytes of an incomplete head. */
const MOST = 16_384;
/** Most interim answers before one final answer. A host that sends more is no registry, and costs more than it is worth. */
const MOST_HEADS = 64;

/** Makes a connector whose connections skip interim answers. */
export function passingInterim(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...connected) => {
      const [, socket] = connected;
      // HTTP/2 frames interim answers itself.
      if (socket && !('alpnProtocol' in socket && socket.alpnProtocol === 'h2')) passOver(socket);
      callback(...connected);
    });
}

function passOver(socket: Socket): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  const write = socket.write.bind(socket) as Socket['write'];
  let begins = false;
  let held: Buffer = NOTHING;
  let heads = 0;

  socket.write = ((...written: Parameters<Socket['write']>) => {
    begins = true;
    heads = 0;
    return write(...written);
  }) as Socket['write'];

  socket.read = (size) => {
    for (let chunk = read(size); ; chunk = read(size)) {
      if (!begins || chunk === null) return chunk;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      for (let end = endOfInterim(held); end > 0; end = endOfInterim(held)) {
        held = held.subarray(end);
        heads += 1;
        if (heads > MOST_HEADS) {
          socket.destroy(new Error('too many interim answers'));
          return null;
        }
      }
      if (held.length === 0 || (mayBeInterim(held) && held.length < MOST)) continue;
      begins = false;
      const answer = held;
      held = NOTHING;
      return answer;
    }
  };
}

/** End of the complete head of an interim answer at the start of the bytes; 0: they start with none. */
function endOfInterim(bytes: Buffer): number {
  if (bytes.length < REST.length || !mayBeInterim(bytes)) return 0;
  // Searches the bytes without making a text of them: a hostile host may send many.
  for (let line = bytes.indexOf(LF); line >= 0 && line < MOST; line = bytes.indexOf(LF, line + 1)) {
    const next = bytes[line + 1] === CR ? line + 2 : line + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return 0;
}

function mayBeInterim(bytes: Buffer): boolean {
  // Nearly every answer is a final one, which the first digit shows.
  if (bytes.length > FIRST_DIGIT && bytes[FIRST_DIGIT] !== ONE) return false;
  const begin = bytes.toString('latin1', 0, REST.length);
  return INTERIM.test(begin + REST.slice(begin.length));
}
