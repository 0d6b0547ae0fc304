import type { Random } from '../../../deploy/sandbox/registries/random.ts';

/** The items themselves, in an order by chance. */
export function shuffled<T>(items: T[], random: Random): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
