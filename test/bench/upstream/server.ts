/**
 * The registries behind the benchmark: fixed answers of the business protocol (REST) and of the population protocol
 * (SOAP), on one port, a process of its own.
 *
 * Written on bare sockets, some 8 µs of CPU for an answer: a server on node:http would need as much of its core as the
 * contestants need of theirs, and would be what is measured.
 */
import { createServer } from 'node:net';
import { MessageReader } from '../http-messages.ts';
import { serve } from '../processes.ts';
import { enterpriseCodes, upstreamEnterprise } from '../records/enterprise.ts';
import { personalIds, upstreamPerson } from '../records/person.ts';

export interface UpstreamJob {
  readonly port: number;
  /** Records of each registry. */
  readonly records: number;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const SUBJECT = Buffer.from('<SoDinhDanh>');
const SUBJECT_LENGTH = 12;

const TOKEN = answer(200, JSON_TYPE, '{"access_token":"bench","token_type":"Bearer","expires_in":3600}');
const NOT_FOUND = answer(404, JSON_TYPE, '{}');

serve<UpstreamJob, undefined>(async ({ port, records }) => {
  const enterprises = new Map(
    enterpriseCodes(records).map((code) => [code, answer(200, JSON_TYPE, upstreamEnterprise(code))]),
  );
  const persons = new Map(
    personalIds(records).map((id) => [id, answer(200, 'text/xml; charset=utf-8', upstreamPerson(id))]),
  );

  function answerTo(head: string, body: Buffer): Buffer {
    if (head.startsWith('GET ')) {
      const from = head.indexOf('?msdn=') + '?msdn='.length;
      return enterprises.get(head.slice(from, head.indexOf(' ', from))) ?? NOT_FOUND;
    }
    if (head.startsWith('POST /token ')) return TOKEN;
    const from = body.indexOf(SUBJECT) + SUBJECT.length;
    return persons.get(body.toString('latin1', from, from + SUBJECT_LENGTH)) ?? NOT_FOUND;
  }

  const server = createServer({ noDelay: true }, (socket) => {
    const reader = new MessageReader((head, body) => socket.write(answerTo(head, body)));
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', () => {});
  });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => resolve(undefined));
  return promise;
});

function answer(status: number, type: string, body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Not Found'}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
