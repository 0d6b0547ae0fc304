/**
 * The load generator, a process of its own: so many connections, each with one request in flight, for so long.
 *
 * When the time is over no request is begun and every one in flight is waited for, so that what it counted is what the
 * server answered, to the last one: the benchmark compares it with the rows of evidence. Its cost is some 15 µs of CPU
 * for a request (general-purpose generators: 20 and more), because it shares a core with the servers around.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectByTls } from 'node:tls';
import { MessageReader } from '../http-messages.ts';
import { serve } from '../processes.ts';
import type { ClientTls, LoadJob, LoadResult } from './job.ts';
import { prepareProofs } from './proofs.ts';

/** One answer in so many is kept, beside the first to each of the first requests. */
const SAMPLE_EVERY = 997;
const FIRST_SAMPLES = 100;
/** Milliseconds that the last answers may take. */
const DRAIN = 10_000;
const OK = 'HTTP/1.1 200 ';
/** Proofs that are made before the time begins, for each second of it: more than a gateway answers. */
const PROOFS_AHEAD = 4000;

serve<LoadJob, LoadResult>(async ({ port, connections, seconds, requests, tls, proving }) => {
  const bytes = requests.map((request) => Buffer.from(request));
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port, tls)));
  const proofs = proving && prepareProofs(proving, bytes, Math.ceil(seconds * PROOFS_AHEAD));
  const times: number[] = [];
  const samples: { request: number; body: string }[] = [];
  const { promise: drained, resolve, reject } = Promise.withResolvers<void>();
  let next = 0;
  let inFlight = 0;
  let over = false;

  for (const socket of sockets) {
    let current = 0;
    let sentAt = 0;
    const send = () => {
      current = next++ % bytes.length;
      inFlight++;
      sentAt = performance.now();
      const request = bytes[current]!;
      if (proofs) {
        // Between the request line and the rest.
        const line = request.indexOf('\r\n') + 2;
        socket.write(
          request.toString('latin1', 0, line) + proofs.line(request) + request.toString('utf8', line),
        );
      } else socket.write(request);
    };
    const reader = new MessageReader((head, body) => {
      times.push(performance.now() - sentAt);
      inFlight--;
      if (!head.startsWith(OK)) throw new Error(`${head.split('\r\n', 1)[0]}: ${body.toString()}`);
      if (samples.length < FIRST_SAMPLES || times.length % SAMPLE_EVERY === 0) {
        samples.push({ request: current, body: body.toString() });
      }
      if (!over) send();
      else if (inFlight === 0) resolve();
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
    setImmediate(send);
  }

  const start = performance.now();
  const stop = setTimeout(() => {
    over = true;
  }, seconds * 1000);
  const late = setTimeout(() => reject(new Error('answers are missing')), seconds * 1000 + DRAIN);
  try {
    await drained;
  } finally {
    clearTimeout(stop);
    clearTimeout(late);
    for (const socket of sockets) socket.removeAllListeners('close').destroy();
  }
  const elapsed = performance.now() - start;
  times.sort((a, b) => a - b);
  const percentile = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return {
    answers: times.length,
    seconds: elapsed / 1000,
    p50: percentile(0.5),
    p99: percentile(0.99),
    samples,
  };
});

async function open(port: number, tls: ClientTls | undefined): Promise<Socket> {
  const address = { host: '127.0.0.1', port };
  if (tls) {
    const socket = connectByTls({ ...address, ...tls });
    await once(socket, 'secureConnect');
    return socket.setNoDelay(true);
  }
  const socket = connect({ ...address, noDelay: true });
  await once(socket, 'connect');
  return socket;
}
