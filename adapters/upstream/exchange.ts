import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { UpstreamError } from '../adapter.ts';
import { REFUSED } from './breaker.ts';
import type { Waiting } from './deadlines.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query below the upstream's base URL: empty, or beginning with `/`. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body?: string | Buffer;
  /** May the request be sent twice? */
  readonly idempotent: boolean;
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/** The whole body has been read. Header names are in lower case. A redirect is an answer like any other. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Receives the events of an exchange. */
export interface ExchangeOwner {
  /** The deadline has passed. */
  expired(exchange: Exchange): void;
  /** undici is done with an attempt and its connection: a whole answer has been read, or `error` came instead. */
  attemptEnded(exchange: Exchange, error: unknown): void;
}

const NOTHING = Buffer.alloc(0);

/**
 * One call: undici's handler for each of its attempts, its entry among the deadlines, and its caller's promise,
 * in one object, because the gateway makes one for each request.
 */
export class Exchange implements Dispatcher.DispatchHandler, Waiting {
  readonly request: UpstreamRequest;
  readonly deadline: number;
  readonly startedAt: number;
  slot = 0;
  /** The breaker's ticket of the current attempt. */
  ticket = REFUSED;
  retried = false;
  /** The caller has its answer or error. An attempt may still hold a connection, until undici releases it. */
  settled = false;

  readonly #owner: ExchangeOwner;
  readonly #resolve: (response: UpstreamResponse) => void;
  readonly #reject: (error: UpstreamError) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #body: Buffer = NOTHING;
  #more: Buffer[] | undefined;

  constructor(
    owner: ExchangeOwner,
    request: UpstreamRequest,
    startedAt: number,
    resolve: (response: UpstreamResponse) => void,
    reject: (error: UpstreamError) => void,
  ) {
    this.#owner = owner;
    this.request = request;
    this.deadline = request.deadline;
    this.startedAt = startedAt;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Valid only after an attempt ended without an error. */
  get response(): UpstreamResponse {
    const body = this.#more ? Buffer.concat([this.#body, ...this.#more]) : this.#body;
    return { status: this.#status, headers: this.#headers, body };
  }

  /** The answer's `Content-Encoding`. */
  get encoding(): string | undefined {
    return this.#headers['content-encoding'];
  }

  expire(): void {
    this.#owner.expired(this);
  }

  succeed(response: UpstreamResponse): void {
    this.settled = true;
    this.#resolve(response);
  }

  /** Also ends the attempt in progress and closes its connection, on which bytes may still arrive. */
  fail(error: UpstreamError): void {
    this.settled = true;
    this.#reject(error);
    this.#controller?.abort(error);
  }

  /** undici writes the request now. Before this, the attempt waits for a connection and cannot be aborted. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.settled) controller.abort(new Error('given up'));
  }

  /** Also called for 1xx, before the answer proper. */
  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders) {
    this.#status = status;
    this.#headers = headers;
    this.#body = NOTHING;
    this.#more = undefined;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body === NOTHING) this.#body = chunk;
    else if (this.#more) this.#more.push(chunk);
    else this.#more = [chunk];
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    this.#owner.attemptEnded(this, undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined;
    this.#owner.attemptEnded(this, error);
  }
}
