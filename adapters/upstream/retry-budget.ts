/** Retries that an upstream may cost beyond its calls: more would turn its trouble into an overload. */
const SHARE = 0.1;
const INITIAL = 10;
const MOST = 100;

/**
 * Lets about one retry through for ten calls (token bucket, as gRPC's retry throttling, gRFC A6). A quiet upstream
 * may always have a few.
 */
export class RetryBudget {
  #tokens = INITIAL;

  /** A first attempt was made. */
  deposit(): void {
    if (this.#tokens < MOST) this.#tokens += SHARE;
  }

  /** Takes one retry; false when there is none left. */
  withdraw(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
