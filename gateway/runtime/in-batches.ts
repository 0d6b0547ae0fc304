/** Most items in progress. Opening ten thousand files at once would delay all other calls. */
const BATCH = 32;

/** `Promise.all` over a list of any length, a few items at a time, in order. Rejects with the first failure. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += BATCH) {
    results.push(...(await Promise.all(items.slice(start, start + BATCH).map(work))));
  }
  return results;
}
