import { UpstreamError } from '../adapter.ts';
import { readJson } from '../records/json.ts';
import { number, text } from '../records/mapping.ts';
import { statusError } from '../upstream/status.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Milliseconds for one request of a token, for all callers that wait for it. */
const FETCH_DEADLINE = 5_000;
/** A token is renewed in this last part of its life, while it is still valid. */
const RENEWAL = 0.2;
/** Milliseconds between attempts to renew ahead of time. */
const RENEWAL_PAUSE = 1_000;

interface Token {
  readonly value: string;
  /** Milliseconds of `performance.now()`. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/**
 * The opaque bearer token of the business registry (RFC 6749, section 4.4). Fetched once for all waiting calls,
 * renewed in the background before its end, and after a 401. MUST NOT be logged or put into an error.
 */
export class TokenSource {
  readonly #upstream: Upstream;
  readonly #authorization: string;
  #token: Token | undefined;
  #fetching: Promise<Token> | undefined;
  #renewAfter = 0;

  constructor(upstream: Upstream, consumerKey: string, consumerSecret: string) {
    this.#upstream = upstream;
    this.#authorization = `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}`;
  }

  /**
   * @returns the token itself when there is one, so that the hot path awaits nothing
   * @throws UpstreamError as calls do; `timeout` when it has not come by the caller's deadline
   */
  get(deadline: number): string | Promise<string> {
    const now = performance.now();
    const token = this.#token;
    if (!token || now >= token.expiresAt) return this.#wait(deadline);
    if (now >= token.renewAt && now >= this.#renewAfter) {
      this.#renewAfter = now + RENEWAL_PAUSE;
      // The present token is still valid; the calls that need the next one will get the error.
      this.#fetch().catch(() => {});
    }
    return token.value;
  }

  /** The registry refused a token: the source does not return it again. */
  reject(value: string): void {
    if (this.#token?.value === value) this.#token = undefined;
  }

  async #wait(deadline: number): Promise<string> {
    const fetching = this.#fetch();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new UpstreamError('timeout')), deadline - performance.now());
    try {
      return (await Promise.race([fetching, late])).value;
    } finally {
      clearTimeout(timer);
    }
  }

  #fetch(): Promise<Token> {
    this.#fetching ??= this.#request()
      .then((token) => {
        this.#token = token;
        return token;
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #request(): Promise<Token> {
    const now = performance.now();
    const response = await this.#upstream.call({
      method: 'POST',
      path: '/token',
      headers: [
        'Authorization',
        this.#authorization,
        'Content-Type',
        'application/x-www-form-urlencoded',
        'Accept',
        'application/json',
      ],
      body: 'grant_type=client_credentials',
      // A second token does no harm.
      idempotent: true,
      deadline: now + FETCH_DEADLINE,
    });
    // OAuth uses 400 for most of its refusals, `unauthorized_client` among them.
    if (response.status === 400) throw statusError({ ...response, status: 401 });
    if (response.status !== 200) throw statusError(response);
    const { access_token, token_type, expires_in } = readJson(response.body);
    const value = text(access_token, 'access_token');
    const lifetime = 1000 * number(expires_in, 'expires_in');
    const usable = /^[\x21-\x7e]{1,4096}$/.test(value) && lifetime > 0;
    if (!usable || text(token_type, 'token_type').toLowerCase() !== 'bearer') {
      throw new UpstreamError('malformed', { cause: 'token' });
    }
    return { value, renewAt: now + lifetime * (1 - RENEWAL), expiresAt: now + lifetime };
  }
}
