/** A token bucket: `capacity` calls at once, refilled at `perSecond`. Times are milliseconds of a monotonic clock. */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;
  #perMs: number;
  #capacity: number;

  constructor(perSecond: number, capacity: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = capacity;
    this.#tokens = capacity;
    this.#filledAt = now;
  }

  /** Takes one token. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whole tokens that are left, as of the last `take` or `resize`. */
  get remaining(): number {
    return Math.floor(this.#tokens);
  }

  /** Milliseconds until there is a whole token, as of the last `take`. */
  get msToNext(): number {
    return Math.max(0, 1 - this.#tokens) / this.#perMs;
  }

  /** Milliseconds until the bucket is full, as of the last `take`. */
  get msToFull(): number {
    return (this.#capacity - this.#tokens) / this.#perMs;
  }

  /** Changes rate and capacity from now on; tokens beyond the new capacity are lost. */
  resize(perSecond: number, capacity: number, now: number): void {
    this.#fill(now);
    this.#perMs = perSecond / 1000;
    this.#capacity = capacity;
    this.#tokens = Math.min(this.#tokens, capacity);
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return; // a clock that went back gives nothing
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
  }
}
