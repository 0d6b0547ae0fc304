/**
 * Remembers long stretches of an outbox that hold nothing for some grants. Reading over such a stretch may take a page several
 * seconds; the next reader with the same grants skips it.
 *
 * A barren stretch stays barren: a stored change is altered only when a claim is corrected (`intake/append.ts`), and is then
 * delivered to nobody.
 */

/** Positions, which take some 50 ms to read. A shorter stretch is not worth remembering. */
const SHORTEST = 5000;
/** For one registry and the same grants. The oldest stretch goes first, because pruning removes its changes first. */
const MOST_STRETCHES = 8;
/** Registries and grants. */
const MOST_KEPT = 1000;

export interface Barren {
  /** The end of the stretch in which a position lies; the position itself when it lies in none. */
  skip(position: number): number;
  /** Records that the changes after `from`, up to and including `to`, hold nothing for these grants. */
  note(from: number, to: number): void;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** @returns a function that gives the stretches of one registry for the digest of some grants */
export function createBarren(): (registry: string, granted: string) => Barren {
  const kept = new Map<string, Barren>();
  return (registry, granted) => {
    const key = `${registry} ${granted}`;
    let barren = kept.get(key);
    if (!barren) {
      barren = createStretches();
      kept.set(key, barren);
      if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
    }
    return barren;
  };
}

function createStretches(): Barren {
  /** In order; none adjoins another. */
  let stretches: readonly Stretch[] = [];
  return {
    skip(position) {
      for (const { from, to } of stretches) if (from <= position && position < to) return to;
      return position;
    },
    note(from, to) {
      if (from === to) return;
      const adjoining = stretches.filter((known) => known.from <= to && from <= known.to);
      if (adjoining.length === 0 && to - from < SHORTEST) return;
      const joined = {
        from: Math.min(from, ...adjoining.map((known) => known.from)),
        to: Math.max(to, ...adjoining.map((known) => known.to)),
      };
      stretches = [...stretches.filter((known) => !adjoining.includes(known)), joined]
        .sort((one, other) => one.from - other.from)
        .slice(-MOST_STRETCHES);
    },
  };
}
