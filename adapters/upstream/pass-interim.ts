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
const CR = 0x0d;
const LF = 0x0a;
/** Bytes of a head that is waited for. */
const MOST = 16_384;
/** Interim answers before one final answer. A host that sends more is no registry, and costs more than it is worth. */
const MOST_HEADS = 64;

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

/** Where the whole head of an interim answer ends that bytes begin with; 0: they begin with none. */
function endOfInterim(bytes: Buffer): number {
  if (bytes.length < REST.length || !mayBeInterim(bytes)) return 0;
  // The bytes are looked through, and no text is made of them: a hostile host may send many.
  for (let line = bytes.indexOf(LF); line >= 0 && line < MOST; line = bytes.indexOf(LF, line + 1)) {
    const next = bytes[line + 1] === CR ? line + 2 : line + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return 0;
}

function mayBeInterim(bytes: Buffer): boolean {
  // Nearly every answer is a final one: no text is made of it.
  if (bytes.length > FIRST_DIGIT && bytes[FIRST_DIGIT] !== ONE) return false;
  const begin = bytes.toString('latin1', 0, REST.length);
  return INTERIM.test(begin + REST.slice(begin.length));
}
