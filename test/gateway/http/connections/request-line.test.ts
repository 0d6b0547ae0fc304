/** Request lines are held to the standard wherever a request begins: after bodies of all kinds, in pieces of any size. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { hasStrictLine, watchRequestLines } from '../../../../gateway/http/connections/request-line.ts';
import { createChunkSkipper } from '../../../../gateway/http/connections/skip-body.ts';
import { open } from '../raw.ts';

/** A server like the gateway's port: it checks each request line, and answers with the result. */
async function listening() {
  const server = createServer((request: IncomingMessage, response) => {
    const strict = hasStrictLine(request);
    request.resume();
    response.writeHead(strict ? 200 : 400, strict ? {} : { connection: 'close' }).end();
  });
  watchRequestLines(server, 'connection');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const url = await listening();

/** Sends pieces, and reads until `answers` answers have come or the server closes. */
async function statuses(pieces: readonly Buffer[], answers: number): Promise<number[]> {
  const socket = open(url);
  let text = '';
  const found = () => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  await new Promise<void>((resolve) => {
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (found().length >= answers) resolve();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
    const send = async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        await new Promise((next) => setImmediate(next));
      }
    };
    void send();
  });
  socket.destroy();
  return found();
}

const text = fc.string({ maxLength: 40 });
const chunked = (pieces: readonly string[], extension: string, trailer: string) => {
  const chunks = pieces
    .filter((piece) => piece !== '')
    // Zeros before a size are allowed, and some clients pad it.
    .map((piece, index) => {
      const size = Buffer.byteLength(piece).toString(16);
      return `${index % 2 === 0 ? size : size.padStart(16 * index, '0')}${extension}\r\n${piece}\r\n`;
    });
  return `Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n${trailer}\r\n`;
};
/** What follows the Host field of a request: its framing and body. Bodies look like requests, too. */
const body = fc.oneof(
  fc.constant('\r\n'),
  fc
    .oneof(text, fc.constant('GET  /x HTTP/1.1\r\n\r\n'))
    .map((content) => `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`),
  fc
    .tuple(
      fc.array(fc.oneof(text, fc.constant('\r\n0\r\n\r\nGET  /x HTTP/1.1\r\n\r\n')), { maxLength: 4 }),
      fc.constantFrom('', ';a=b'),
      fc.constantFrom('', 'X-Trailer: 1\r\n'),
    )
    .map(([pieces, extension, trailer]) => chunked(pieces, extension, trailer)),
);
const good = fc
  .tuple(fc.constantFrom('', '\r\n'), fc.constantFrom('GET', 'POST', 'PUT', 'QUERY'), body)
  .map(([before, method, rest]) => `${before}${method} /a?b=c HTTP/1.1\r\nHost: x\r\n${rest}`);
const loose = fc.constantFrom(
  'GET  /a HTTP/1.1',
  'GET /a  HTTP/1.1',
  'POST   /a   HTTP/1.1',
  '\r\n\r\nGET /a HTTP/1.1',
);

/** Bytes in pieces that are cut where `cuts` say. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at]
    .map((from, index) => bytes.subarray(from, at[index] ?? bytes.length))
    .filter(({ length }) => length > 0);
}

t.test('requests that keep to the standard pass, one after the other, in whatever pieces', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(good, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      async (requests, cuts) => {
        const bytes = Buffer.from(requests.join(''));
        const got = await statuses(cut(bytes, cuts), requests.length);
        return got.length === requests.length && got.every((status) => status === 200);
      },
    ),
    { numRuns: 150 },
  );
  t.pass();
});

t.test('a line that does not is refused, wherever it stands', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(good, { maxLength: 4 }),
      loose,
      fc.array(fc.nat(), { maxLength: 6 }),
      async (requests, line, cuts) => {
        const bytes = Buffer.from(`${requests.join('')}${line}\r\nHost: x\r\n\r\n`);
        const got = await statuses(cut(bytes, cuts), requests.length + 1);
        return got.join() === [...requests.map(() => 200), 400].join();
      },
    ),
    { numRuns: 150 },
  );
  t.pass();
});

t.test('a chunked body ends where it ends, in whatever pieces', (t) => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 5 }),
      text,
      fc.array(fc.nat(), { maxLength: 8 }),
      (pieces, after, cuts) => {
        const whole = chunked(pieces, '', '').replace('Transfer-Encoding: chunked\r\n\r\n', '');
        const skip = createChunkSkipper();
        const rest: Buffer[] = [];
        let over = false;
        for (const piece of cut(Buffer.from(whole + after), cuts)) {
          const left = over ? piece : skip(piece);
          if (left === undefined) continue;
          over = true;
          rest.push(left);
        }
        return over && Buffer.concat(rest).equals(Buffer.from(after));
      },
    ),
  );
  t.end();
});
