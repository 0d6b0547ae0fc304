/** The middle of what rounds measured: one disturbed round does not move it. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of one column; `undefined` when a round does not have it. */
export function medianOf<T>(rows: readonly T[], value: (row: T) => number | undefined): number | undefined {
  const values = rows.map(value).filter((one) => one !== undefined);
  return values.length === rows.length && values.length > 0 ? median(values) : undefined;
}
