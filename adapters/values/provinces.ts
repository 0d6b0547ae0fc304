/**
 * The provinces and their mergers.
 *
 * A record keeps the code of its time: residences, head offices and personal numbers still carry codes of former provinces. Whole
 * provinces were merged and none was divided, so each former code leads to exactly one province of today.
 */

interface Merger {
  /** First day of the new provinces (ISO date). */
  readonly since: string;
  /** Each province from that day on, and the codes of the provinces that it took over. */
  readonly into: Readonly<Record<string, readonly string[]>>;
}

/**
 * Codes by Decision 124/2004/QĐ-TTg before, by Decision 19/2025/QĐ-TTg since 2025-07-01 (Resolution 202/2025/QH15). Later
 * resolutions changed names and communes; the next merger of provinces is one more entry.
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

/** Today's 34 provinces and cities. */
export const PROVINCES: ReadonlySet<string> = new Set(
  '01 04 08 11 12 14 15 19 20 22 24 25 31 33 37 38 40 42 44 46 48 51 52 56 66 68 75 79 80 82 86 91 92 96'.split(
    ' ',
  ),
);

/** By the code of a former province: the province that took it over, and the date. */
export const FORMER_PROVINCES: ReadonlyMap<string, { readonly into: string; readonly since: string }> =
  new Map(
    MERGERS.flatMap(({ since, into }) =>
      Object.entries(into).flatMap(([code, formers]) =>
        formers.map((former) => [former, { into: code, since }] as const),
      ),
    ),
  );

/** The province of today that a code belongs to: `17` (Hoà Bình) → `25` (Phú Thọ). Any other code is returned as it is. */
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
 * Every code under which a place in a province may be recorded: for a province of today, its own and those that it took over. A
 * former code means the former province alone, which is smaller than the province of today.
 * @param meantOn the day (ISO date) on which the code was chosen: provinces taken over later are not included; left out: today
 */
export function codesOfProvince(code: string, meantOn?: string): readonly string[] {
  const all = codes.get(code) ?? [code];
  return meantOn === undefined ? all : all.filter((one) => one === code || partSince(one) <= meantOn);
}

/** The day since which a former province is part of the one of today: the date of the last merger on the way. */
function partSince(code: string): string {
  let day = '';
  for (let next = FORMER_PROVINCES.get(code); next; next = FORMER_PROVINCES.get(next.into)) {
    if (next.since > day) day = next.since;
  }
  return day;
}
