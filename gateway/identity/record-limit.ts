/**
 * How often something of one kind is recorded: whoever stole a token or a key that it cannot use could otherwise fill the
 * evidence log with it. At most twenty a minute and key are recorded; the rest are counted like anonymous refusals.
 */
export interface RecordLimit {
  /** Is one more of `key` recorded? Counts it. */
  allows(key: string): boolean;
}

const MINUTE = 60_000;
const PER_MINUTE = 20;
/** Keys in one minute that are counted apart; of more, nothing is recorded. */
const MAX_KEYS = 1000;

export function createRecordLimit({ now }: { readonly now: () => number }): RecordLimit {
  let minute = 0;
  let counts = new Map<string, number>();
  return {
    allows: (key) => {
      const current = Math.floor(now() / MINUTE);
      if (current !== minute) {
        minute = current;
        counts = new Map();
      }
      const count = (counts.get(key) ?? 0) + 1;
      if (count === 1 && counts.size >= MAX_KEYS) return false;
      counts.set(key, count);
      return count <= PER_MINUTE;
    },
  };
}
