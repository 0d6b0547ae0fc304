/** Share of retries among an upstream's calls: more would turn its trouble into an overload. */
const SHARE = 0.1;
const INITIAL = 10;
const MOST = 100;

/**
 * Allows about one retry for ten calls (token bucket, as gRPC's retry throttling, gRFC A6). An upstream with few calls
 * may always have a few retries.
 */
export class RetryBudget {
  #tokens = INITIAL;

  /** A first attempt was made. */
  deposit(): void {
    if (this.#tokens < MOST) this.#tokens += SHARE;
  }

  /** Takes one retry; false when none is left. */
  withdraw(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
