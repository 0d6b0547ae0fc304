/**
 * The values that counters' labels can have, where the counter's own row (`telemetry/metrics.ts`) cannot state them: the names of each
 * source, and a row, which the compiler requires, for each counter with words of another room. All series begin at 0
 * (`counter-series.ts`).
 */
import type { Counter } from 'prom-client';
import type { Catalog, Service } from '../../catalog/catalog.ts';
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
import type { Metrics, NameSource } from '../../telemetry/metrics.ts';
import { writeCounts } from '../../writes/writes.ts';
import { operatorRefusals } from '../admin/admin.ts';
import { type Labels, labelSets } from './label-sets.ts';

/** The sources of labels' values beside the catalogue. */
export interface LabelSources {
  /** Registries that have an adapter. */
  readonly registries: readonly string[];
  /** Registries with a journal that the gateway reads. */
  readonly polled: readonly string[];
  /** Destinations of change events, and the counts of each sink. */
  readonly sinks: readonly Pick<SinkStatus, 'name' | 'refusals' | 'outcomes' | 'losses'>[];
}

export type Known = LabelSources & { readonly catalog: Catalog };

/** The names of each source. */
export const namesOf: Readonly<Record<NameSource, (known: Known) => Iterable<string>>> = {
  services: ({ catalog }) => servicesOf(catalog),
  reads: ({ catalog }) => contractsOf(catalog, 'read'),
  writes: ({ catalog }) => contractsOf(catalog, 'write'),
  registries: ({ registries }) => registries,
  polled: ({ polled }) => polled,
  publishing: ({ catalog }) => new Set([...catalog.streams.values()].map(({ registry }) => registry)),
};

/** Gauges need no beginning, and declared counters state their values. */
type Counters = Omit<
  { readonly [M in keyof Metrics as Metrics[M] extends Counter<infer _> ? M : never]: Metrics[M] },
  {
    [M in keyof Metrics]: Metrics[M] extends { dec: unknown } | { values: unknown } ? M : never;
  }[keyof Metrics]
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
  calls: (known) => labelSets({ service: namesOf.services(known), result: callResults }),
  refusals: () => labelSets({ code: [...Object.keys(problems), 'token_refused'] }),
  connectionsRefused: () => labelSets({ reason: connectionRefusals }),
  streamsEnded: ({ catalog }) =>
    labelSets({ service: streamsOf(catalog), reason: [...Object.keys(streamEnds), 'internal_error'] }),
  unreadable: () => labelSets({ status: unreadableStatuses }),
  operatorRefusals: () => labelSets({ code: operatorRefusals }),
  tokens: () => labelSets({ outcome: ['ok', ...oauthErrorCodes, 'caller_left'] }),
  tokenRevocations: () => labelSets({ outcome: ['ok', ...oauthErrorCodes, 'caller_left'] }),
  tokenMisuses: () => labelSets({ reason: misuseReasons }),
  matchAttemptsExhausted: ({ catalog }) => labelSets({ agreement: comparing(catalog) }),
  // upstreams.ts
  upstreamRetries: withItsOwner,
  evidenceEntries: () => labelSets({ kind: evidenceKinds }),
  checkWarnings: ({ catalog }) => [
    ...[...catalog.services.values()].flatMap(({ key, warned }) =>
      labelSets({ service: [key], check: warned }),
    ),
    ...[...catalog.streams.values()].flatMap(({ name, warned }) =>
      labelSets({ service: [name], check: [...new Set([...warned, ...OF_DAYS])] }),
    ),
  ],
  writes: (known) => labelSets({ service: namesOf.writes(known), outcome: writeCounts }),
  pollRefused: ({ polled }) => labelSets({ registry: polled, reason: pollRefusals }),
  // changes/sinks/kafka/topics/topic-writer.ts, on the replica that leads
  kafkaSends: withItsOwner,
  deadLetters: ({ sinks }) =>
    sinks.flatMap(({ name, refusals }) => labelSets({ sink: [name], reason: refusals })),
  webhookDeliveries: ({ sinks }) => labelSets({ outcome: sinks.flatMap(({ outcomes = [] }) => outcomes) }),
  kafkaTopicsLost: ({ sinks }) => labelSets({ reason: sinks.flatMap(({ losses = [] }) => losses) }),
  copyRows: ({ catalog }) => entitiesOf(catalog),
  copyUnreadable: ({ catalog }) => entitiesOf(catalog),
};

/** The services by their names in `lienthong_calls_total`. */
export function servicesOf(catalog: Catalog): string[] {
  return [...new Set([...catalog.services.keys(), ...streamsOf(catalog), ...ROUTES])];
}

function streamsOf({ streams }: Catalog): string[] {
  return [...streams.values()].flatMap(({ registry }) => streamScopes(registry));
}

function contractsOf({ services }: Catalog, kind: Service['kind']): string[] {
  return [...services.values()].filter((service) => service.kind === kind).map(({ key }) => key);
}

function entitiesOf({ streams }: Catalog): Labels<'registry' | 'entity'>[] {
  return [...streams.values()].flatMap(({ registry, entities }) =>
    labelSets({ registry: [registry], entity: entities.keys() }),
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
