/**
 * The values that each counter's labels can have: one row for each counter, which the compiler requires. All series begin at 0
 * (`counter-series.ts`).
 */
import type { Counter } from 'prom-client';
import type { Catalog } from '../../catalog/catalog.ts';
import { streamScopes } from '../../catalog/grant/stream-scopes.ts';
import { OF_DAYS } from '../../catalog/vocabulary/checks.ts';
import type { SinkStatus } from '../../changes/run-sinks.ts';
import { pollRefusals } from '../../changes/sources/refused.ts';
import { evidenceKinds } from '../../evidence/evidence.ts';
import { streamEnds } from '../../exchange/streams/stream-end.ts';
import { callResults } from '../../http/call-results.ts';
import { connectionRefusals } from '../../http/connections/connections.ts';
import { unreadableStatuses } from '../../http/connections/unreadable.ts';
import { oauthErrorCodes } from '../../identity/clients/oauth-error.ts';
import { misuseReasons } from '../../identity/possession/misuse.ts';
import { problems } from '../../problems/codes.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { writeCounts } from '../../writes/writes.ts';
import { operatorRefusals } from '../admin/admin.ts';

/** The sources of labels' values. */
export interface LabelSources {
  /** Registries that have an adapter. */
  readonly registries: readonly string[];
  /** Registries with a journal that the gateway reads. */
  readonly polled: readonly string[];
  /** Destinations of change events, and the counts of each sink. */
  readonly sinks: readonly Pick<SinkStatus, 'name' | 'refusals' | 'outcomes' | 'losses'>[];
}

type Known = LabelSources & { readonly catalog: Catalog };
export type Labels<L extends string> = Readonly<Record<L, string | number>>;
/** Counters only: gauges need no beginning. */
type Counters = Omit<
  { readonly [M in keyof Metrics as Metrics[M] extends Counter<infer _> ? M : never]: Metrics[M] },
  { [M in keyof Metrics]: Metrics[M] extends { dec: unknown } ? M : never }[keyof Metrics]
>;
export type Rows = {
  readonly [C in keyof Counters]: Counters[C] extends Counter<infer L>
    ? ((known: Known) => Iterable<Labels<L>>) | typeof tooMany | typeof withItsOwner
    : never;
};

/** The counter has too many series to begin: alerts MUST NOT count it. */
const tooMany = Symbol('too many');
/** The counter's owner begins its series when it is opened. */
const withItsOwner = Symbol('with its owner');

/** Routes without a contract. */
const ROUTES = ['none', 'changes.read', 'subscriptions', 'catalog.services', 'catalog.agencies'];

export const counterRows: Rows = {
  // Services by agencies by a hundred outcomes. `calls` has the values that alerts need.
  requests: tooMany,
  calls: ({ catalog }) => product({ service: servicesOf(catalog), result: callResults }),
  refusals: () => product({ code: [...Object.keys(problems), 'token_refused'] }),
  connectionsRefused: () => product({ reason: connectionRefusals }),
  streamsEnded: ({ catalog }) =>
    product({ service: streamsOf(catalog), reason: [...Object.keys(streamEnds), 'internal_error'] }),
  unreadable: () => product({ status: unreadableStatuses }),
  operatorRefusals: () => product({ code: operatorRefusals }),
  tokens: () => product({ outcome: ['ok', ...oauthErrorCodes, 'caller_left'] }),
  tokenRevocations: () => product({ outcome: ['ok', ...oauthErrorCodes, 'caller_left'] }),
  tokenMisuses: () => product({ reason: misuseReasons }),
  matchAttemptsExhausted: ({ catalog }) => product({ agreement: comparing(catalog) }),
  // upstreams.ts
  upstreamRetries: withItsOwner,
  evidenceEntries: () => product({ kind: evidenceKinds }),
  evidenceFailures: () => [{}],
  changesAccepted: ({ catalog }) => product({ registry: publishing(catalog) }),
  changesDuplicate: ({ catalog }) => product({ registry: publishing(catalog) }),
  checkWarnings: ({ catalog }) => [
    ...[...catalog.services.values()].flatMap(({ key, warned }) =>
      product({ service: [key], check: warned }),
    ),
    ...[...catalog.streams.values()].flatMap(({ name, warned }) =>
      product({ service: [name], check: [...new Set([...warned, ...OF_DAYS])] }),
    ),
  ],
  writes: ({ catalog }) =>
    product({
      service: [...catalog.services.values()].filter(({ kind }) => kind === 'write').map(({ key }) => key),
      outcome: writeCounts,
    }),
  writeConflicts: ({ registries }) => product({ registry: registries }),
  pollEntries: ({ polled }) =>
    product({ registry: polled, outcome: ['accepted', 'duplicate', 'refused', 'vanished'] }),
  pollRefused: ({ polled }) => product({ registry: polled, reason: pollRefusals }),
  pollFailures: ({ polled }) => product({ registry: polled }),
  // changes/sinks/kafka/topics/topic-writer.ts, on the replica that leads
  kafkaSends: withItsOwner,
  deadLetters: ({ sinks }) =>
    sinks.flatMap(({ name, refusals }) => product({ sink: [name], reason: refusals })),
  webhookDeliveries: ({ sinks }) => product({ outcome: sinks.flatMap(({ outcomes = [] }) => outcomes) }),
  kafkaTopicsLost: ({ sinks }) => product({ reason: sinks.flatMap(({ losses = [] }) => losses) }),
  copyRows: ({ catalog }) => entitiesOf(catalog),
  copyUnreadable: ({ catalog }) => entitiesOf(catalog),
  scopeUndecided: ({ catalog }) =>
    product({
      service: [...catalog.services.values()].filter(({ kind }) => kind === 'read').map(({ key }) => key),
    }),
  catalogueReloads: () => product({ outcome: ['swapped', 'unchanged', 'refused', 'failed'] }),
};

/** Every combination of the labels' values. */
function product<L extends string>(values: Readonly<Record<L, Iterable<string | number>>>): Labels<L>[] {
  let made: Record<string, string | number>[] = [{}];
  for (const [label, those] of Object.entries<Iterable<string | number>>(values)) {
    made = made.flatMap((labels) => [...those].map((value) => ({ ...labels, [label]: value })));
  }
  return made as Labels<L>[];
}

/** The services by their names in `lienthong_calls_total`. */
export function servicesOf(catalog: Catalog): string[] {
  return [...new Set([...catalog.services.keys(), ...streamsOf(catalog), ...ROUTES])];
}

function streamsOf({ streams }: Catalog): string[] {
  return [...streams.values()].flatMap(({ registry }) => streamScopes(registry));
}

function publishing({ streams }: Catalog): Set<string> {
  return new Set([...streams.values()].map(({ registry }) => registry));
}

function entitiesOf({ streams }: Catalog): Labels<'registry' | 'entity'>[] {
  return [...streams.values()].flatMap(({ registry, entities }) =>
    product({ registry: [registry], entity: entities.keys() }),
  );
}

/** Agreements with a comparison, whose result can be guessed. */
function comparing({ grants }: Catalog): Set<string> {
  const agreements = new Set<string>();
  for (const services of grants.values()) {
    for (const those of services.values()) {
      for (const { service, agreement } of those) if (service.matching) agreements.add(agreement.number);
    }
  }
  return agreements;
}
