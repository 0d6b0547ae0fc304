import type { UpstreamState } from '../adapter.ts';

export interface BreakerOptions {
  /** Opens after this many failures in a row. */
  readonly consecutive: number;
  /** Opens when this share of the calls in the window failed, … */
  readonly ratio: number;
  /** … provided there were at least this many. */
  readonly minimum: number;
  /** Milliseconds that the ratio covers. */
  readonly window: number;
  /** Milliseconds until the breaker lets a probe through. */
  readonly openFor: number;
}

export const breakerDefaults: BreakerOptions = {
  consecutive: 5,
  ratio: 0.5,
  minimum: 20,
  window: 10_000,
  openFor: 5_000,
};

/** The ticket of a call that an open breaker refuses. */
export const REFUSED = -1;

const BUCKETS = 10;

/**
 * Circuit breaker: spares a dead upstream the calls, and the callers the wait. Closed, it counts failures; open, it refuses
 * calls; after a while it lets one probe through, whose outcome closes or opens it again.
 *
 * Every call that enters MUST report once, with its ticket: `succeeded`, `failed` or `abandoned` (ended
 * without a statement about the upstream). A ticket from before a change of state counts for nothing, so that
 * stragglers do not change the new state. Times are milliseconds of `performance.now()`.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #onChange: (state: UpstreamState['breaker']) => void;
  readonly #calls = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  #bucket = 0;
  #row = 0;
  #ticket = 0;
  #openUntil = 0;
  #probing = false;
  #state: UpstreamState['breaker'] = 'closed';

  constructor(options: BreakerOptions, onChange: (state: UpstreamState['breaker']) => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  get state(): UpstreamState['breaker'] {
    return this.#state;
  }

  /** @returns a ticket to report with, or `REFUSED` */
  enter(now: number): number {
    if (this.#state === 'closed') return this.#ticket;
    if (this.#state === 'open' && now >= this.#openUntil) this.#change('half-open');
    if (this.#state !== 'half-open' || this.#probing) return REFUSED;
    this.#probing = true;
    return this.#ticket;
  }

  succeeded(ticket: number, now: number): void {
    if (ticket !== this.#ticket) return;
    if (this.#state === 'half-open') {
      this.#close();
    } else {
      this.#row = 0;
      this.#calls[this.#advance(now)]!++;
    }
  }

  failed(ticket: number, now: number): void {
    if (ticket !== this.#ticket) return;
    const bucket = this.#advance(now);
    this.#row++;
    this.#calls[bucket]!++;
    this.#failures[bucket]!++;
    const enough = this.#row >= this.#options.consecutive || this.#tooMany();
    if (this.#state === 'half-open' || enough) this.#open(now);
  }

  abandoned(ticket: number): void {
    if (ticket === this.#ticket) this.#probing = false;
  }

  /** Whole seconds, at least one, until a call may be let through. */
  retryAfter(now: number): number {
    return Math.max(1, Math.ceil((this.#openUntil - now) / 1000));
  }

  #tooMany(): boolean {
    const calls = sum(this.#calls);
    return calls >= this.#options.minimum && sum(this.#failures) >= calls * this.#options.ratio;
  }

  /** Empties the buckets that have left the window, and returns the one of now. */
  #advance(now: number): number {
    const current = Math.floor(now / (this.#options.window / BUCKETS));
    if (current - this.#bucket >= BUCKETS) {
      this.#calls.fill(0);
      this.#failures.fill(0);
    } else {
      for (let passed = this.#bucket + 1; passed <= current; passed++) {
        this.#calls[passed % BUCKETS] = 0;
        this.#failures[passed % BUCKETS] = 0;
      }
    }
    this.#bucket = current;
    return current % BUCKETS;
  }

  #open(now: number): void {
    this.#openUntil = now + this.#options.openFor;
    this.#change('open');
  }

  #close(): void {
    this.#row = 0;
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#change('closed');
  }

  #change(state: UpstreamState['breaker']): void {
    this.#ticket++;
    this.#probing = false;
    this.#state = state;
    this.#onChange(state);
  }
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
