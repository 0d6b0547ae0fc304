/** Most requests that a registry remembers; the oldest are dropped first. */
const MOST = 100_000;

/** The outcomes of requests that change something, by their ids: the same id gets the same answer, and changes nothing. */
export class Receipts<Receipt> {
  readonly #byId = new Map<string, Receipt>();

  get(id: string): Receipt | undefined {
    return this.#byId.get(id);
  }

  remember(id: string, receipt: Receipt): void {
    this.#byId.set(id, receipt);
    if (this.#byId.size > MOST) this.#byId.delete(this.#byId.keys().next().value!);
  }
}
