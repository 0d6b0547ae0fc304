/** The order of a registry's records by their keys, compared as texts. */
export class KeyOrder {
  readonly #keys: readonly string[];
  readonly #positions: readonly number[];

  /** @param keys in the order of the records; no two alike */
  constructor(keys: readonly string[]) {
    const sorted = keys
      .map((key, position) => ({ key, position }))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
    this.#keys = sorted.map(({ key }) => key);
    this.#positions = sorted.map(({ position }) => position);
  }

  /** Positions of the records whose keys come after `key` (also one that no record has), and how many there are. */
  after(key: string, limit: number): { remaining: number; positions: readonly number[] } {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! <= key) low = middle + 1;
      else high = middle;
    }
    return { remaining: this.#keys.length - low, positions: this.#positions.slice(low, low + limit) };
  }
}
