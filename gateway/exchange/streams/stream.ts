/**
 * stream: an answer without a known end, disclosed chunk by chunk. For each chunk, in this order:
 *
 *   wait         until the source has data (`StreamSource.ready`)
 *   authorise    by the present catalogue, the agreement's term and the revocations
 *   make         the chunk, minimised to the present grants (`StreamSource.next`), at most `MOST_RECORDS` records
 *   authorise    again, because making the chunk may have taken a while
 *   record       durable evidence of this chunk
 *   write        the chunk, and wait until the reader has consumed it
 *
 * So memory holds one chunk of each stream, however slow its reader is. `stream-end.ts` lists the reasons for which a stream ends.
 * Streams are never signed.
 *
 * A new stream needs a `StreamSource`, and a step that opens it (`exchange/steps/changes/open-feed.ts`). The step throws the refusals
 * that are known before the first byte (an expired cursor, too many streams), which become problems like any other.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { EvidenceLog } from '../../evidence/evidence.ts';
import { Problem } from '../../problems/problem.ts';
import type { FailureReports } from '../../telemetry/report-failures.ts';
import { onClosed } from '../../wire/caller-left.ts';
import type { Call, Disclosure, Identified, Signed, StreamAuthorisation } from '../call.ts';
import { recordDisclosure, recordUndelivered } from '../record/record-disclosure.ts';
import type { OpenStream } from './open-streams.ts';
import { endOf, type StreamEnd } from './stream-end.ts';

/** The most records in a chunk, which is one entry of evidence. */
export const MOST_RECORDS = 500;
/** The approximate size of a chunk in bytes: the record that exceeds it is the chunk's last. */
export const MOST_BYTES = 256 * 1024;

/** Times in milliseconds. */
export interface StreamTimes {
  /** The silence after which a heartbeat is written. Proxies wait longer. */
  readonly heartbeat: number;
  /** The longest time for which a reader may consume nothing. */
  readonly patience: number;
  /** The same once the stream has to end. */
  readonly endPatience: number;
}

const usual: StreamTimes = { heartbeat: 15_000, patience: 60_000, endPatience: 2000 };

export interface Chunk {
  /** The bytes to write, in UTF-8; empty: no record so far, and nothing is recorded or written. */
  readonly text: string | Buffer;
  /** The disclosures of `text`, an entry of evidence each. May be empty (a first line, a last one). */
  readonly disclosures: readonly Disclosure[];
}

/** The content of one stream, and how it is written. */
export interface StreamSource {
  readonly contentType: string;
  /** Text that is written before the first chunk. */
  readonly opening?: string;
  /** Resolves when `next` may have data, or when `signal` aborts. MUST NOT reject. Absent: `next` may be called at any time. */
  ready?(signal: AbortSignal): Promise<void>;
  /**
   * The next chunk; `undefined`: everything was delivered. MUST be minimised to `granted`, and MUST NOT have more than
   * `MOST_RECORDS` records. When `signal` aborts, the chunk is no longer wanted.
   * @throws Problem (or rejects with it): the stream ends by its code
   */
  next(granted: StreamAuthorisation, signal: AbortSignal): Promise<Chunk | undefined>;
  /** The text that is written after a silence, when all earlier chunks have been written. Absent: there are no heartbeats. */
  heartbeat?(): string;
  /**
   * The final text of a stream that ends before it is complete. The last chunk of `next` may not have been written. Absent: the
   * answer ends without a final text.
   */
  end?(reason: StreamEnd): string;
}

export interface StreamParts {
  readonly evidence: EvidenceLog;
  readonly failures: FailureReports;
}

/** A stream that is authorised and counts as open. It MUST be passed to `sendStream`, or closed. */
export interface Opened {
  readonly contentType: string;
  /** `undefined` for HEAD, whose answer has no content. */
  readonly opened: { readonly stream: OpenStream; readonly source: StreamSource } | undefined;
}

/** Sends the answer. Node sends the headers with the source's opening or its first chunk. */
export function sendStream(
  { evidence, failures }: StreamParts,
  call: Call & Identified & Signed,
  { stream, source }: NonNullable<Opened['opened']>,
  times = usual,
): FastifyReply {
  const { request, reply, service } = call;
  const { id, log } = request;
  const recordChunk: RecordChunk = async (declaration, { text, disclosures }, notSent) => {
    const granted = { ...call, declaration };
    if (notSent === undefined)
      await recordDisclosure(evidence, granted, { status: 200, body: text, disclosures });
    else await recordUndelivered(evidence, granted, disclosures, notSent);
  };
  const cutOff = () => {
    request.arrival.outcome = 'cut_off';
    reply.raw.destroy();
  };
  const failed = (error: unknown) => {
    if (!(error instanceof Problem)) log.error({ requestId: id, err: error }, 'a stream failed');
    else if (error.status >= 500) failures.report('a stream failed', { service }, error, { requestId: id });
  };
  const frames = makeFrames(stream, source, times, recordChunk, failed);
  // The connection ends with the stream: no call is sent on a connection that is about to be drained.
  reply.headers({ connection: 'close', 'x-accel-buffering': 'no' });
  return reply
    .code(200)
    .type(source.contentType)
    .send(pull(frames, stream, times, reply.raw, cutOff));
}

/** Records a chunk before it is written; with `notSent`, that the recorded chunk was not written, and the reason. */
type RecordChunk = (granted: StreamAuthorisation, chunk: Chunk, notSent?: StreamEnd) => Promise<void>;

/** Yields the frames of the answer. Each is requested when the reader has consumed the one before. */
async function* makeFrames(
  stream: OpenStream,
  source: StreamSource,
  { heartbeat }: StreamTimes,
  recordChunk: RecordChunk,
  failed: (error: unknown) => void,
): AsyncGenerator<string | Buffer, void, void> {
  const { signal } = stream;
  let beatAt = performance.now() + heartbeat;
  try {
    if (source.opening !== undefined) yield source.opening;
    while (!signal.aborted) {
      const hasData = await waitForData(source, signal, beatAt - performance.now());
      const granted = stream.reauthorise();
      if (!granted) break;
      if (performance.now() >= beatAt) {
        beatAt = performance.now() + heartbeat;
        if (source.heartbeat) yield source.heartbeat();
        continue;
      }
      if (!hasData) continue;
      const chunk = await source.next(granted, signal);
      if (!chunk) {
        stream.end('complete');
        return;
      }
      if (chunk.text.length === 0 || !stream.reauthorise()) continue;
      await recordChunk(granted, chunk);
      if (signal.aborted) {
        await recordChunk(granted, chunk, stream.reason);
        break;
      }
      beatAt = performance.now() + heartbeat;
      yield chunk.text;
    }
  } catch (error) {
    stream.end(endOf(error));
    failed(error);
  }
  if (source.end) yield source.end(stream.reason ?? 'internal_error');
}

/** Waits until the source may have data, but no longer than `longest` milliseconds. @returns `false`: the time is over */
async function waitForData(source: StreamSource, signal: AbortSignal, longest: number): Promise<boolean> {
  if (!source.ready) return true;
  const waiting = new AbortController();
  const stop = () => waiting.abort();
  const timer = setTimeout(stop, Math.max(0, longest));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  await source.ready(waiting.signal);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  return !waiting.signal.aborted;
}

/**
 * Turns the frames into a `Readable` without a buffer, which requests a frame when the one before was consumed. The connection is
 * cut when the reader consumes nothing for `patience`, or for `endPatience` once the stream has to end.
 */
function pull(
  frames: AsyncGenerator<string | Buffer, void, void>,
  stream: OpenStream,
  { patience, endPatience }: StreamTimes,
  raw: ServerResponse,
  cutOff: () => void,
): Readable {
  let untaken: NodeJS.Timeout | undefined;
  let hurry: NodeJS.Timeout | undefined;
  const cut = () => {
    stream.end('slow_reader');
    cutOff();
    readable.destroy();
    over();
  };
  const readable = new Readable({
    highWaterMark: 0,
    read() {
      clearTimeout(untaken);
      frames.next().then(
        ({ value = null }) => {
          if (readable.destroyed) return;
          untaken = setTimeout(cut, patience);
          readable.push(value);
        },
        (error: Error) => readable.destroy(error),
      );
    },
    destroy(error, done) {
      stream.end('reader_left');
      // The last bytes of a complete response may still be in transit.
      if (raw.writableEnded) onClosed(raw, over);
      else over();
      done(error);
    },
  });
  const over = () => {
    clearTimeout(untaken);
    clearTimeout(hurry);
    stream.close();
  };
  stream.signal.addEventListener(
    'abort',
    () => {
      if (stream.reason !== 'complete') hurry = setTimeout(cut, endPatience);
    },
    { once: true },
  );
  return readable;
}
