/**
 * Limits how often a misuse is recorded: a thief of a token or key that it cannot use could otherwise fill the evidence log.
 * At most twenty a minute and key are recorded; the rest are counted like anonymous refusals.
 */
export interface RecordLimit {
  /** Counts one event of `key`. @returns whether to record it */
  allows(key: string): boolean;
}

const MINUTE = 60_000;
const PER_MINUTE = 20;
/** Keys counted in one minute; events of further keys are not recorded. */
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
