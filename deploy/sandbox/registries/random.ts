/**
 * A seeded source of pseudo-random choices: the same seed gives the same sequence on every machine.
 *
 * mulberry32 (32-bit integer arithmetic only); good enough for synthetic records, never for secrets.
 */
export interface Random {
  /** An integer, 0 <= n < limit. */
  below(limit: number): number;
  /** An integer, low <= n <= high. */
  between(low: number, high: number): number;
  /** True in `percent` of 100 cases; tenths of a percent count. */
  chance(percent: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (percent) => below(1000) < percent * 10,
    pick: (choices) => choices[below(choices.length)]!,
  };
}

/**
 * A source for the details of record `index` of a kind. Rarely needed details are made on demand, and come out the same each
 * time.
 */
export function randomFor(kind: number, index: number): Random {
  return randomFrom(Math.imul(kind, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
}

/**
 * Spreads `choices` over a table in proportion to their weights, so that a weighted choice is one `pick`.
 *
 * Weights are small whole numbers: the table has as many entries as their sum.
 */
export function weighted<T>(choices: Iterable<readonly [T, number]>): readonly T[] {
  return [...choices].flatMap(([choice, weight]) => Array<T>(weight).fill(choice));
}
