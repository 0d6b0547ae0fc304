/** Of ten thousand files nobody opens all at once: calls that come meanwhile would wait until the last is begun. */
const BATCH = 32;

/** `Promise.all` over a list of any length, a few at a time, in its order. Rejects with the first failure. */
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
