/** Pages of registries that give fewer items at a time than they are asked for. */
import { malformed } from '../records/mapping.ts';

/** Most questions to the registry for one page. */
const MOST_PARTS = 20;

export interface Part<T> {
  /** At least one item where the list has one (`records/none.ts`, `readPart`). */
  readonly items: readonly T[];
  /** Number of items on all pages. */
  readonly total: number;
}

interface FillOptions<T> {
  readonly offset: number;
  readonly limit: number;
  /**
   * Compares items of different parts; `undefined`: no two items are known to be the same. Within a part, the registry's count
   * decides.
   */
  readonly keyOf: (item: T) => string | undefined;
  /** Names of the list and of its count, for errors. */
  readonly fields: readonly [list: string, count: string];
}

/**
 * Asks until the page is full or the list ends.
 * @param askPart asks for at most `most` items from `from` on
 * @throws UpstreamError `malformed` for a list that changes meanwhile or starts again with each part: items would be missing
 */
export async function fillPage<T>(
  askPart: (from: number, most: number) => Promise<Part<T>>,
  { offset, limit, keyOf, fields: [list, count] }: FillOptions<T>,
): Promise<Part<T>> {
  const filled: T[] = [];
  const given = new Set<string>();
  let known: number | undefined;
  for (let parts = 0; parts < MOST_PARTS; parts++) {
    const { items, total } = await askPart(offset + filled.length, limit - filled.length);
    if (total !== (known ?? total)) throw malformed(count);
    known = total;
    const keys = items.map(keyOf).filter((key) => key !== undefined);
    if (keys.some((key) => given.has(key))) throw malformed(list);
    for (const key of keys) given.add(key);
    filled.push(...items);
    if (filled.length >= Math.min(limit, total - offset)) return { items: filled, total };
  }
  throw malformed(list);
}
