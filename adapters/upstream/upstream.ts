/**
 * All calls to registries go out here.
 *
 * The life of a call: the breaker lets it in; it takes a connection, or a slot in a bounded queue for one; it is
 * sent; when the connection fails, or the answer is 502, 503 or 504, an idempotent call is sent once more if retry
 * budget, breaker and deadline allow; breaker and observer receive its outcome. One deadline covers all of this.
 * Every answer of HTTP, also 4xx and 5xx, is returned as a value, which the adapter interprets.
 */
import { buildConnector, Pool } from 'undici';
import { UpstreamError, type UpstreamFailure, type UpstreamState } from '../adapter.ts';
import { Breaker, type BreakerOptions, breakerDefaults, REFUSED } from './breaker.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange, type ExchangeOwner, type UpstreamRequest, type UpstreamResponse } from './exchange.ts';
import { classify, codeOf } from './lost.ts';
import { passingInterim } from './pass-interim.ts';
import { RetryBudget } from './retry-budget.ts';
import { isPacked, unpack } from './unpack.ts';

/** The outcome of a call, as metrics count it: an answer, an answer that is a server error, or no answer. */
export type UpstreamOutcome = 'ok' | 'server_error' | UpstreamFailure;

/** Receives the events of calls. MUST NOT throw. */
export interface UpstreamObserver {
  /** A call ended after this many seconds, waiting and retry included. */
  finished(upstream: string, outcome: UpstreamOutcome, seconds: number): void;
  retried(upstream: string): void;
  breakerChanged(upstream: string, state: UpstreamState['breaker']): void;
}

export interface UpstreamOptions {
  /** Most calls in flight, each on a connection of its own. */
  readonly maxConnections: number;
  /** Most bytes of one answer's body, both as received and unpacked. */
  readonly maxResponseBytes: number;
  readonly observer: UpstreamObserver;
  /** Most calls that wait for a connection; default: four for each connection. */
  readonly maxWaiting?: number;
  readonly breaker?: Partial<BreakerOptions>;
  /**
   * Is this answer, in spite of its 5xx status, no sign of trouble? SOAP 1.1 sends refusals with 500: one agency's
   * refused calls must not open the breaker for all.
   */
  readonly isAnswer?: (response: UpstreamResponse) => boolean;
}

/** Milliseconds that an idle connection is kept: less than the 5 s after which common servers close theirs. */
const KEEP_ALIVE = 4_000;
const CONNECT_TIMEOUT = 3_000;
/** A field of each request: the body is wanted without content coding. */
const UNPACKED = ['Accept-Encoding', 'identity'];
const NOTHING = Buffer.alloc(0);

/** Statuses by which a server, or a proxy before it, says that it did not do the work. */
const NOT_DONE = new Set([502, 503, 504]);

const deadlines = new Deadlines();

export class Upstream implements ExchangeOwner {
  readonly name: string;
  /** Path of the base URL, without a slash at the end. */
  readonly #base: string;
  readonly #options: UpstreamOptions;
  readonly #maxWaiting: number;
  readonly #pool: Pool;
  readonly #breaker: Breaker;
  readonly #budget = new RetryBudget();
  readonly #waiting = new Set<Exchange>();
  #active = 0;
  #answeredAt: number | undefined;
  #failedAt: number | undefined;
  #failure: UpstreamState['failure'];
  readonly #idle = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;

  /** @param url http or https, with a base path or without */
  constructor(name: string, url: string, options: UpstreamOptions) {
    const { origin, pathname } = new URL(url);
    this.name = name;
    this.#base = pathname.endsWith('/') ? pathname.slice(0, -1) : pathname;
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? 4 * options.maxConnections;
    this.#breaker = new Breaker({ ...breakerDefaults, ...options.breaker }, (state) => {
      options.observer.breakerChanged(name, state);
      if (state === 'open') this.#refuseWaiting();
    });
    // Reported at once: a gauge that appears with the first trouble has no earlier value to compare with.
    options.observer.breakerChanged(name, 'closed');
    this.#pool = new Pool(origin, {
      connections: options.maxConnections,
      pipelining: 1,
      // Over HTTP/2 a connection carries many calls at once, and `connections` would bound nothing.
      allowH2: false,
      connect: passingInterim(buildConnector({ timeout: CONNECT_TIMEOUT, allowH2: false })),
      keepAliveTimeout: KEEP_ALIVE,
      maxResponseSize: options.maxResponseBytes,
      // undici's timers cover one phase each, restart with every byte of a body and are half a second coarse.
      // The call's deadline covers waiting, connecting, headers, body and retry together.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  get state(): UpstreamState {
    const { name } = this;
    return {
      ...{ name, breaker: this.#breaker.state },
      ...{ answeredAt: this.#answeredAt, failedAt: this.#failedAt, failure: this.#failure },
    };
  }

  /**
   * Sends a request and reads the whole answer.
   * @throws UpstreamError `timeout` at the deadline; `unavailable` when the upstream was not asked (breaker open, too many
   * waiting, closing); `failed` without an answer; `malformed` for an answer that is not HTTP or too large
   */
  call(request: UpstreamRequest): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const now = performance.now();
      const exchange = new Exchange(this, request, now, resolve, reject);
      const busy = this.#active >= this.#options.maxConnections;
      if (now >= request.deadline) return this.#fail(exchange, 'timeout', {}, now);
      if (this.#closing) return this.#fail(exchange, 'unavailable', {}, now);
      if (busy && this.#waiting.size >= this.#maxWaiting) {
        return this.#fail(exchange, 'unavailable', { retryAfter: 1 }, now);
      }
      exchange.ticket = this.#breaker.enter(now);
      if (exchange.ticket === REFUSED) {
        return this.#fail(exchange, 'unavailable', { retryAfter: this.#breaker.retryAfter(now) }, now);
      }
      this.#budget.deposit();
      deadlines.add(exchange);
      if (busy) this.#waiting.add(exchange);
      else this.#send(exchange);
    });
  }

  /** Resolves when the calls in flight and waiting have ended and the connections are closed. Later calls are refused. */
  close(): Promise<void> {
    if (this.#active === 0) this.#idle.resolve();
    this.#closing ??= this.#idle.promise.then(() => this.#pool.close());
    return this.#closing;
  }

  expired(exchange: Exchange): void {
    const now = performance.now();
    // A call that never got a connection says nothing about the upstream; the calls before it do.
    if (this.#waiting.delete(exchange)) this.#breaker.abandoned(exchange.ticket);
    else this.#failed(exchange, 'timeout', now);
    this.#fail(exchange, 'timeout', {}, now);
  }

  attemptEnded(exchange: Exchange, error: unknown): void {
    if (error === undefined && !exchange.settled && isPacked(exchange.encoding)) {
      this.#unpack(exchange, exchange.response);
      return;
    }
    this.#active--;
    if (!exchange.settled) {
      if (error === undefined) this.#answered(exchange, exchange.response);
      else this.#lost(exchange, error);
    }
    this.#sendNext();
  }

  /** The attempt keeps its slot among those in flight: unpacking is work too. */
  async #unpack(exchange: Exchange, response: UpstreamResponse): Promise<void> {
    const unpacked = await unpack(response.body, exchange.encoding, this.#options.maxResponseBytes).catch(
      (error: unknown) => error,
    );
    this.#active--;
    if (!exchange.settled) {
      if (Buffer.isBuffer(unpacked)) this.#answered(exchange, { ...response, body: unpacked });
      // A status that is no answer decides, whatever the body says.
      else if (response.status >= 300) this.#answered(exchange, { ...response, body: NOTHING });
      else this.#lost(exchange, unpacked);
    }
    this.#sendNext();
  }

  #send(exchange: Exchange): void {
    this.#active++;
    const { method, path, headers, body } = exchange.request;
    this.#pool.dispatch(
      { method, path: this.#base + path || '/', headers: [...headers, ...UNPACKED], body },
      exchange,
    );
  }

  #sendNext(): void {
    while (this.#active < this.#options.maxConnections) {
      const [next] = this.#waiting;
      if (!next) break;
      this.#waiting.delete(next);
      this.#send(next);
    }
    if (this.#closing && this.#active === 0) this.#idle.resolve();
  }

  #answered(exchange: Exchange, response: UpstreamResponse): void {
    const now = performance.now();
    const fine = response.status < 500 || this.#options.isAnswer?.(response) === true;
    if (fine) {
      this.#breaker.succeeded(exchange.ticket, now);
      this.#answeredAt = now;
      this.#failure = undefined;
    } else {
      this.#failed(exchange, 'server_error', now);
      // An upstream that states when to come back does not want another attempt at once.
      const retry = NOT_DONE.has(response.status) && response.headers['retry-after'] === undefined;
      if (retry && this.#retry(exchange, now)) return;
    }
    this.#end(exchange, fine ? 'ok' : 'server_error', now);
    exchange.succeed(response);
  }

  #lost(exchange: Exchange, error: unknown): void {
    const now = performance.now();
    const { failure, reason, counts, retry } = classify(error);
    if (counts) this.#failed(exchange, failure, now);
    else this.#breaker.abandoned(exchange.ticket);
    if (retry && this.#retry(exchange, now)) return;
    this.#fail(exchange, failure, { reason, cause: codeOf(error) }, now);
  }

  /** Records a failure that counts against the upstream. */
  #failed({ ticket }: Exchange, failure: NonNullable<UpstreamState['failure']>, now: number): void {
    // Set before the breaker, which reports its new state at once.
    this.#failedAt = now;
    this.#failure = failure;
    this.#breaker.failed(ticket, now);
  }

  /** Sends the call once more if allowed; its connection is free. */
  #retry(exchange: Exchange, now: number): boolean {
    if (!exchange.request.idempotent || exchange.retried || now >= exchange.deadline) return false;
    if (!this.#budget.withdraw()) return false;
    const ticket = this.#breaker.enter(now);
    if (ticket === REFUSED) return false;
    exchange.ticket = ticket;
    exchange.retried = true;
    this.#options.observer.retried(this.name);
    this.#send(exchange);
    return true;
  }

  #refuseWaiting(): void {
    const now = performance.now();
    for (const exchange of this.#waiting) {
      this.#fail(exchange, 'unavailable', { retryAfter: this.#breaker.retryAfter(now) }, now);
    }
    this.#waiting.clear();
  }

  #fail(
    exchange: Exchange,
    failure: UpstreamFailure,
    details: { reason?: string; retryAfter?: number; cause?: unknown },
    now: number,
  ): void {
    this.#end(exchange, failure, now);
    exchange.fail(new UpstreamError(failure, details));
  }

  #end(exchange: Exchange, outcome: UpstreamOutcome, now: number): void {
    deadlines.remove(exchange);
    this.#options.observer.finished(this.name, outcome, (now - exchange.startedAt) / 1000);
  }
}
