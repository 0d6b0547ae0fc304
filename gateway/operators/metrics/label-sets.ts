/** A series has one value for each label. */
export type Labels<L extends string> = Readonly<Record<L, string | number>>;

/** Every combination of the labels' values: without labels, one. */
export function labelSets<L extends string>(
  values: Readonly<Record<L, Iterable<string | number>>>,
): Labels<L>[] {
  let sets: Record<string, string | number>[] = [{}];
  for (const [label, those] of Object.entries<Iterable<string | number>>(values)) {
    sets = sets.flatMap((labels) => [...those].map((value) => ({ ...labels, [label]: value })));
  }
  return sets as Labels<L>[];
}
