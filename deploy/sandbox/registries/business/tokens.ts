import { randomBytes } from 'node:crypto';

/** Opaque bearer tokens that end after a while. */
export class Tokens {
  readonly lifetimeSeconds: number;
  readonly #ends = new Map<string, number>();

  constructor(lifetimeSeconds: number) {
    this.lifetimeSeconds = lifetimeSeconds;
  }

  issue(): string {
    const now = performance.now();
    // In the order of issue, and so of their end.
    for (const [token, end] of this.#ends) {
      if (end > now) break;
      this.#ends.delete(token);
    }
    const token = randomBytes(24).toString('base64url');
    this.#ends.set(token, now + this.lifetimeSeconds * 1000);
    return token;
  }

  isValid(token: string): boolean {
    const end = this.#ends.get(token);
    return end !== undefined && performance.now() < end;
  }
}
