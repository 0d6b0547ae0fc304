/**
 * The provinces, and what was merged into which.
 *
 * A record keeps the code of its time: residences, head offices and the personal numbers themselves still carry the codes of
 * provinces that are no more. Whole provinces were merged, none was divided, so each former code leads to one of today.
 */

interface Merger {
  /** First day of the new provinces (ISO date). */
  readonly since: string;
  /** Each province of that day, and the codes whose land it took over. */
  readonly into: Readonly<Record<string, readonly string[]>>;
}

/**
 * Codes of Decision 124/2004/QĐ-TTg before, of Decision 19/2025/QĐ-TTg since 2025-07-01 (Resolution 202/2025/QH15). Later resolutions
 * changed names and communes; the next merger of provinces is one more entry.
 */
const MERGERS: readonly Merger[] = [
  {
    since: '2025-07-01',
    into: {
      '08': ['02'],
      '15': ['10'],
      '19': ['06'],
      '24': ['27'],
      '25': ['26', '17'],
      '31': ['30'],
      '33': ['34'],
      '37': ['35', '36'],
      '44': ['45'],
      '48': ['49'],
      '51': ['62'],
      '52': ['64'],
      '56': ['58'],
      '66': ['54'],
      '68': ['67', '60'],
      '75': ['70'],
      '79': ['74', '77'],
      '80': ['72'],
      '82': ['87'],
      '86': ['83', '84'],
      '91': ['89'],
      '92': ['93', '94'],
      '96': ['95'],
    },
  },
];

/** Today's 34, provinces and cities. */
export const PROVINCES: ReadonlySet<string> = new Set(
  '01 04 08 11 12 14 15 19 20 22 24 25 31 33 37 38 40 42 44 46 48 51 52 56 66 68 75 79 80 82 86 91 92 96'.split(
    ' ',
  ),
);

/** By the code of a province that is no more: the province that took it over, and when. */
export const FORMER_PROVINCES: ReadonlyMap<string, { readonly into: string; readonly since: string }> =
  new Map(
    MERGERS.flatMap(({ since, into }) =>
      Object.entries(into).flatMap(([code, formers]) =>
        formers.map((former) => [former, { into: code, since }] as const),
      ),
    ),
  );

/** The province of today that a code is part of: `17` (Hoà Bình) → `25` (Phú Thọ). Any other code is left as it is. */
export function provinceToday(code: string): string {
  let today = code;
  for (let next = FORMER_PROVINCES.get(today); next; next = FORMER_PROVINCES.get(today)) today = next.into;
  return today;
}

const codes: ReadonlyMap<string, readonly string[]> = new Map(
  [...PROVINCES].map((code) => [
    code,
    [code, ...[...FORMER_PROVINCES.keys()].filter((former) => provinceToday(former) === code)],
  ]),
);

/**
 * Every code under which a place in a province may be recorded: of a province of today, itself and those that it took over. A
 * former code means the former province alone: what was meant by it is smaller than the province of today.
 * @param meantOn the day (ISO date) on which somebody meant the province by its code: what it took over later was not meant; left
 * out: today
 */
export function codesOfProvince(code: string, meantOn?: string): readonly string[] {
  const all = codes.get(code) ?? [code];
  return meantOn === undefined ? all : all.filter((one) => one === code || partSince(one) <= meantOn);
}

/** The day since which a former province is part of the one of today: that of the last merger on the way there. */
function partSince(code: string): string {
  let day = '';
  for (let next = FORMER_PROVINCES.get(code); next; next = FORMER_PROVINCES.get(next.into)) {
    if (next.since > day) day = next.since;
  }
  return day;
}
