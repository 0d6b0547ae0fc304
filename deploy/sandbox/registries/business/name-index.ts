import { foldText } from '../../../../adapters/values/letters.ts';
import { COMMUNES } from '../places.ts';
import type { Enterprise } from './enterprise.ts';

const SEPARATOR = '\n';

/** The names of one province's enterprises in one text, so that one pass of `indexOf` finds all that match. */
interface Column {
  readonly text: string;
  /** Where in the text each name begins, and the position of its enterprise. */
  readonly starts: readonly number[];
  readonly positions: readonly number[];
}

/** Finds enterprises by a part of their name, whatever its accents. */
export class NameIndex {
  readonly #columns: ReadonlyMap<string, Column>;

  constructor(enterprises: readonly Enterprise[]) {
    const provinces = Map.groupBy(enterprises, ({ commune }) => provinceOf(commune));
    this.#columns = new Map([...provinces].map(([province, members]) => [province, toColumn(members)]));
  }

  /** Positions of the enterprises whose name has a part, folded; in one province, or (`undefined`) one after another. */
  find(part: string, province: string | undefined): number[] {
    const found: number[] = [];
    for (const [code, column] of this.#columns) {
      if (province === undefined || province === code) collect(column, part, found);
    }
    return found;
  }
}

export function provinceOf(commune: number): string {
  return COMMUNES[commune]!.province.code;
}

function toColumn(enterprises: readonly Enterprise[]): Column {
  const names = enterprises.map(({ name }) => foldText(name));
  let end = 0;
  const starts = names.map((name) => {
    const start = end;
    end += name.length + SEPARATOR.length;
    return start;
  });
  return { text: names.join(SEPARATOR), starts, positions: enterprises.map(({ index }) => index) };
}

/** After a match, continues with the next name. */
function collect({ text, starts, positions }: Column, part: string, found: number[]): void {
  let next = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, starts[next])) {
    while (next < starts.length && starts[next]! <= at) next++;
    found.push(positions[next - 1]!);
    if (next === starts.length) return;
  }
}
