/**
 * Interim answers that nobody asked for. RFC 9110 (section 15.2) has a client read any 1xx before the final answer, and pass
 * over what it did not expect. undici (8.12, `client-h1.js`) takes `100 Continue` for a broken answer and ends the connection:
 * a registry's answer is lost, and what was sent to a webhook is sent again. So the bytes of interim answers are taken out
 * before undici reads them; but for 101, after which the connection speaks something else.
 *
 * An answer begins with the first byte that comes after a request was written: so it is with `pipelining: 1`, and bodies that
 * are written together with their head.
 */
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

const NOTHING = Buffer.alloc(0);
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r\n]/;
/** What is missing of the bytes that `INTERIM` looks at, so that the first of them may be all. */
const REST = 'HTTP/1.1 100 ';
/** Where the status begins. */
const FIRST_DIGIT = 'HTTP/1.1 '.length;
const ONE = 0x31;
const END_OF_HEAD = /\r?\n\r?\n/;
/** Bytes of a head that is waited for. */
const MOST = 16_384;

/** A connector whose connections take no notice of interim answers. */
export function passingInterim(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...connected) => {
      const [, socket] = connected;
      // What speaks HTTP/2 is read otherwise.
      if (socket && !('alpnProtocol' in socket && socket.alpnProtocol === 'h2')) passOver(socket);
      callback(...connected);
    });
}

function passOver(socket: Socket): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  const write = socket.write.bind(socket) as Socket['write'];
  let begins = false;
  let held: Buffer = NOTHING;

  socket.write = ((...written: Parameters<Socket['write']>) => {
    begins = true;
    return write(...written);
  }) as Socket['write'];

  socket.read = (size) => {
    for (let chunk = read(size); ; chunk = read(size)) {
      if (!begins || chunk === null) return chunk;
      held = afterInterim(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
      if (held.length === 0 || (mayBeInterim(held) && held.length < MOST)) continue;
      begins = false;
      const answer = held;
      held = NOTHING;
      return answer;
    }
  };
}

/** What follows the whole heads of interim answers that bytes begin with. */
function afterInterim(bytes: Buffer): Buffer {
  let rest = bytes;
  while (rest.length >= REST.length && mayBeInterim(rest)) {
    const end = END_OF_HEAD.exec(rest.toString('latin1', 0, MOST));
    if (!end) break;
    rest = rest.subarray(end.index + end[0].length);
  }
  return rest;
}

function mayBeInterim(bytes: Buffer): boolean {
  // Nearly every answer is a final one: no text is made of it.
  if (bytes.length > FIRST_DIGIT && bytes[FIRST_DIGIT] !== ONE) return false;
  const begin = bytes.toString('latin1', 0, REST.length);
  return INTERIM.test(begin + REST.slice(begin.length));
}
