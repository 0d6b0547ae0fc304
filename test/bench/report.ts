/** The report of a part of the benchmark. */
import type { Mark } from './marks.ts';
import type { Table } from './table.ts';

export interface Report {
  readonly tables: readonly Table[];
  /** Lines below the tables. */
  readonly notes: readonly string[];
  readonly marks: readonly Mark[];
}
