/**
 * Begins every counter at 0.
 *
 * For Prometheus a counter that appears with its first event shows no increase: the first dead letter after a start would
 * raise no alert. So each counter begins with a series for every value of its labels, as its declaration or `counter-rows.ts` states
 * them. Series for names of the catalogue begin with that catalogue, and are removed with it.
 */
import type { Counter } from 'prom-client';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Follower } from '../../catalog/live/live.ts';
import type { Log } from '../../telemetry/log.ts';
import type { LabelValues, Metrics } from '../../telemetry/metrics.ts';
import { counterRows, type Known, type LabelSources, namesOf, servicesOf } from './counter-rows.ts';
import { type Labels, labelSets } from './label-sets.ts';

export interface CounterSeries {
  /** Begins the series of the next catalogue, and removes those of the last one that it lacks. */
  readonly follow: Follower;
}

/**
 * Most series per counter; further ones begin with their first event. Ten thousand would take 2 MB, and block the event loop for
 * 30 ms at every scrape. Only agreements can be so many, and the alert on those counts to ten.
 */
const MOST_SERIES = 2000;

/** Begins every counter, with the first catalogue. */
export function beginCounters(
  metrics: Metrics,
  sources: LabelSources,
  first: Catalog,
  log: Log,
): CounterSeries {
  const rows = rowsOf(metrics);
  let catalog = first;
  let current = seriesOf(rows, { ...sources, catalog }, log);
  for (const [{ counter }, { valid, begun }] of current)
    for (const key of begun) counter.inc(valid.get(key)!, 0);

  function move(next: Catalog, series: AllSeries): void {
    for (const [row, before] of current) {
      const { counter } = row;
      const after = series.get(row)!;
      for (const [key, labels] of before.valid) if (!after.valid.has(key)) counter.remove(labels);
      for (const key of after.begun) if (!before.begun.has(key)) counter.inc(after.valid.get(key)!, 0);
    }
    const gone = goneBetween(catalog, next);
    catalog = next;
    current = series;
    removeGone(metrics, gone).catch((error: unknown) => log.warn({ err: error }, 'old series stay'));
  }

  return {
    follow: async (next) => {
      const series = seriesOf(rows, { ...sources, catalog: next }, log, current);
      return () => move(next, series);
    },
  };
}

/** The series of one counter, keyed by the text of their labels. */
interface Series {
  /** All valid values of its labels. */
  readonly valid: ReadonlyMap<string, Labels<string>>;
  readonly begun: ReadonlySet<string>;
}

type AllSeries = ReadonlyMap<Row, Series>;

/** A counter that begins here. */
interface Row {
  readonly name: string;
  readonly counter: Counter<string>;
  readonly labelsOf: (known: Known) => Iterable<Labels<string>>;
}

function rowsOf(metrics: Metrics): Row[] {
  const rows: Readonly<Record<string, unknown>> = counterRows;
  return Object.entries(metrics).flatMap(([name, metric]) => {
    const labelsOf = 'values' in metric ? declared(metric.values) : rows[name];
    if (typeof labelsOf !== 'function') return [];
    return [{ name, counter: metric as Counter<string>, labelsOf: labelsOf as Row['labelsOf'] }];
  });
}

/** The labels that a counter's declaration states. */
function declared(values: LabelValues): Row['labelsOf'] {
  return (known) =>
    labelSets(
      Object.fromEntries(
        Object.entries(values).map(([label, those]) => [
          label,
          typeof those === 'string' ? namesOf[those](known) : those,
        ]),
      ),
    );
}

/** @param before existing series are kept: a series that disappears while its agreement exists loses its count */
function seriesOf(rows: readonly Row[], known: Known, log: Log, before?: AllSeries): AllSeries {
  const series = new Map<Row, Series>();
  for (const row of rows) {
    const all = [...row.labelsOf(known)];
    if (all.length > MOST_SERIES) {
      log.warn(
        { counter: row.name, series: all.length, begun: MOST_SERIES },
        'a counter has too many series',
      );
    }
    const valid = new Map(all.map((labels) => [Object.values(labels).join('\0'), labels]));
    const begun = new Set([...(before?.get(row)?.begun ?? [])].filter((key) => valid.has(key)));
    for (const key of valid.keys()) if (begun.size < MOST_SERIES) begun.add(key);
    series.set(row, { valid, begun });
  }
  return series;
}

interface Gone {
  readonly service: ReadonlySet<string>;
  readonly agency: ReadonlySet<string>;
}

function goneBetween(before: Catalog, after: Catalog): Gone {
  const services = new Set(servicesOf(before)).difference(new Set(servicesOf(after)));
  const agencies = new Set(before.agencies.keys()).difference(new Set(after.agencies.keys()));
  return { service: services, agency: agencies };
}

/** Removes the series that are not in `rows` and yet grow with the catalogue. */
async function removeGone(
  { requests, requestSeconds }: Pick<Metrics, 'requests' | 'requestSeconds'>,
  { service, agency }: Gone,
): Promise<void> {
  if (service.size === 0 && agency.size === 0) return;
  for (const { labels } of (await requests.get()).values) {
    if (service.has(String(labels.service)) || agency.has(String(labels.agency))) requests.remove(labels);
  }
  const seen = new Set<string>();
  for (const { labels } of (await requestSeconds.get()).values) {
    const { service: name, outcome } = labels;
    if (!service.has(String(name)) || seen.has(`${name}\0${outcome}`)) continue;
    seen.add(`${name}\0${outcome}`);
    requestSeconds.remove({ service: String(name), outcome: String(outcome) });
  }
}
