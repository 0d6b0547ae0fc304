/**
 * stream: an answer without a known end, disclosed chunk by chunk. For each chunk, in this order:
 *
 *   wait         until the source has something (`StreamSource.ready`)
 *   authorise    again: the catalogue of the moment, the agreement's term, revocations
 *   make         the chunk, minimised to the grants of that moment (`StreamSource.next`), at most `MOST_RECORDS` records
 *   authorise    again, if making it took a while
 *   record       evidence of this chunk, durable
 *   write        and wait until the reader has taken it, before the next is made
 *
 * So memory holds one chunk of each stream, whatever its reader does. A stream ends when it is complete, when its token
 * ends, when the reader may not read it any more, when nothing is taken for a minute, when the gateway stops
 * (`stream-end.ts`). Streams are never signed.
 *
 * To use it: write a `StreamSource`, and a step that opens it (`exchange/steps/changes/open-feed.ts`). What can be refused before the first byte
 * (a cursor that expired, too many streams) is thrown there, and becomes a problem like any other.
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

/** Records in a chunk: what one entry of evidence speaks of. */
export const MOST_RECORDS = 500;
/** Bytes in a chunk, about: a chunk is closed by the record that passes it. */
export const MOST_BYTES = 256 * 1024;

/** Milliseconds. */
export interface StreamTimes {
  /** Of silence, after which a heartbeat is written: less than proxies wait. */
  readonly heartbeat: number;
  /** That a reader may take nothing. */
  readonly patience: number;
  /** That a reader has to take what was written last, when its stream has to end. */
  readonly lastWords: number;
}

const usual: StreamTimes = { heartbeat: 15_000, patience: 60_000, lastWords: 2000 };

export interface Chunk {
  /** The bytes to write, in UTF-8; empty: no record so far, and nothing is recorded or written. */
  readonly text: string | Buffer;
  /** The disclosures of `text`, an entry of evidence each. May be empty (a first line, a last one). */
  readonly disclosures: readonly Disclosure[];
}

/** The content of one stream, and how it is written. */
export interface StreamSource {
  readonly contentType: string;
  /** Written at once. */
  readonly opening?: string;
  /** Resolves when `next` may have something, or when `signal` aborts. MUST NOT reject. Absent: always. */
  ready?(signal: AbortSignal): Promise<void>;
  /**
   * The next chunk; `undefined`: everything was delivered. MUST be minimised to `granted`, and MUST NOT have more than
   * `MOST_RECORDS` records. When `signal` aborts, the chunk is no longer wanted.
   * @throws Problem (or rejects with it): the stream ends by its code
   */
  next(granted: StreamAuthorisation, signal: AbortSignal): Promise<Chunk | undefined>;
  /** Written after a silence; all that `next` gave before has been written. Absent: nothing is. */
  heartbeat?(): string;
  /**
   * The last words to a reader that does not get everything. The last chunk of `next` may not have been written. Absent: the
   * answer just ends.
   */
  end?(reason: StreamEnd): string;
}

export interface StreamParts {
  readonly evidence: EvidenceLog;
  readonly failures: FailureReports;
}

/** A stream that may begin: authorised, counted among the open ones, and MUST be handed to `sendStream`, or closed. */
export interface Opened {
  readonly contentType: string;
  /** `undefined`: of a HEAD, whose answer has no content. */
  readonly opened: { readonly stream: OpenStream; readonly source: StreamSource } | undefined;
}

/** Sends the answer. Its headers leave at once, with the source's opening or its first chunk. */
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

/** Records a chunk that is about to be written; or that it was not written after all, and why. */
type RecordChunk = (granted: StreamAuthorisation, chunk: Chunk, notSent?: StreamEnd) => Promise<void>;

/** The frames to write; each is asked for when the one before was taken. */
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
      const waited = await something(source, signal, beatAt - performance.now());
      const granted = stream.reauthorise();
      if (!granted) break;
      if (performance.now() >= beatAt) {
        beatAt = performance.now() + heartbeat;
        if (source.heartbeat) yield source.heartbeat();
        continue;
      }
      if (!waited) continue;
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

/** Waits until the source has something, but no longer than `longest` milliseconds. @returns whether it has */
async function something(source: StreamSource, signal: AbortSignal, longest: number): Promise<boolean> {
  if (!source.ready) return true;
  const turn = new AbortController();
  const stop = () => turn.abort();
  const timer = setTimeout(stop, Math.max(0, longest));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  await source.ready(turn.signal);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  return !turn.signal.aborted;
}

/**
 * The pieces as a stream that holds nothing: a piece is made when the one before has been taken. The connection is cut
 * when nothing is taken for `patience`, and when the stream has to end and its last words are not taken in time.
 */
function pull(
  frames: AsyncGenerator<string | Buffer, void, void>,
  stream: OpenStream,
  { patience, lastWords }: StreamTimes,
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
      // A response that was sent whole may still be on its way.
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
      if (stream.reason !== 'complete') hurry = setTimeout(cut, lastWords);
    },
    { once: true },
  );
  return readable;
}
