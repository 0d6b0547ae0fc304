/** The marks of the benchmark, which are printed with the tables and decide the exit status. */

export interface Mark {
  readonly name: string;
  readonly value: number | undefined;
  readonly unit?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A value that could not be measured misses no mark. */
export function isMet({ value, atLeast = -Infinity, atMost = Infinity }: Mark): boolean {
  return value === undefined || (value >= atLeast && value <= atMost);
}

export function describe(mark: Mark): string {
  const { name, value, unit = '', atLeast, atMost } = mark;
  const measured = value === undefined ? 'not measured' : `${value.toFixed(2)}${unit}`;
  const limit = atLeast !== undefined ? `at least ${atLeast}${unit}` : `at most ${atMost}${unit}`;
  return `${isMet(mark) ? 'met   ' : 'MISSED'}  ${name}: ${measured} (${limit})`;
}
