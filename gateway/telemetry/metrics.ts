/**
 * Every metric of the gateway, in one table (prefix `lienthong_`). Registered per application, not globally, so that
 * tests may build several. Labels never carry an identifier: services, agencies, outcomes, registries, topics only.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Default gauges whose names end like a counter's, which `promtool check metrics` refuses. */
const misnamed = ['active_handles', 'active_requests', 'active_resources'].map(
  (what) => `lienthong_nodejs_${what}_total`,
);

export type Metrics = ReturnType<typeof createMetrics>;

/** Names that only the rooms above know (`operators/metrics/counter-rows.ts`). */
export type NameSource =
  /** Services by their names in `calls_total`: of contracts, of change streams, of routes without a contract. */
  | 'services'
  /** Services that read. */
  | 'reads'
  /** Services that write. */
  | 'writes'
  /** Registries that have an adapter. */
  | 'registries'
  /** Registries with a journal that the gateway reads. */
  | 'polled'
  /** Registries with a change stream. */
  | 'publishing';

/** By label: its words, or the source of its names. */
export type LabelValues = Readonly<Record<string, readonly string[] | NameSource>>;

/** A counter whose row states the values of its labels. */
export interface DeclaredCounter<V extends LabelValues = LabelValues> extends Counter<keyof V & string> {
  readonly values: V;
  inc(
    labels: { readonly [L in keyof V]: V[L] extends readonly string[] ? V[L][number] : string },
    value?: number,
  ): void;
  inc(value?: number): void;
}

export function createMetrics() {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register, prefix: 'lienthong_' });
  for (const name of misnamed) register.removeSingleMetric(name);
  /** Its labels have words of other rooms: it has a row in `operators/metrics/counter-rows.ts` too. */
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `lienthong_${name}`, help, labelNames, registers });
  /** Its labels have these values alone. All its series begin at 0 (`operators/metrics/counter-series.ts`). */
  const declaredCounter = <const V extends LabelValues>(
    name: string,
    help: string,
    values: V,
  ): DeclaredCounter<V> =>
    Object.assign(counter(name, help, Object.keys(values) as (keyof V & string)[]), { values });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name: `lienthong_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Histogram({ name: `lienthong_${name}`, help, labelNames, registers, buckets: seconds });
  /** A gauge that is computed when it is scraped, so calls do not pay for it. */
  const reading = (name: string, help: string) => {
    const source = { read: () => 0 };
    const collect = function (this: Gauge) {
      this.set(source.read());
    };
    new Gauge({ name: `lienthong_${name}`, help, registers, collect });
    return source;
  };
  return {
    register,
    requests: counter(
      'requests_total',
      'Calls of services, by agency and outcome (ok, problem code, caller_left, cut_off)',
      ['service', 'agency', 'outcome'],
    ),
    calls: counter(
      'calls_total',
      'Calls, by service and result (answered, refused, failed: by the gateway or a registry, broken_off)',
      ['service', 'result'],
    ),
    requestSeconds: histogram('request_duration_seconds', 'Time from request to answer', [
      'service',
      'outcome',
    ]),
    callsInFlight: reading('calls_in_flight', 'Calls that wait for their answer; streams are counted apart'),
    applications: reading(
      'applications',
      'Catalogues in use: 1, and each earlier one whose calls or streams go on',
    ),
    refusals: counter(
      'refusals_total',
      'Refusals without a verified caller, and rate limits: no evidence row',
      ['code'],
    ),
    connections: gauge('connections', "Open connections on the agencies' port", []),
    connectionsRefused: counter(
      'connections_refused_total',
      'Connections closed at once: too many in all, or from one address',
      ['reason'],
    ),
    streamsOpen: gauge('streams_open', 'Open streams (server-sent events, snapshots)', ['service']),
    streamsEnded: counter('streams_ended_total', 'Streams that ended, by reason', ['service', 'reason']),
    unreadable: counter('unreadable_total', 'Bytes that were no HTTP request, or came too slowly', [
      'status',
    ]),
    operatorRefusals: counter(
      'operator_refusals_total',
      'Requests to /admin without an operator’s token, by code (token_missing, token_invalid)',
      ['code'],
    ),
    tokens: counter('tokens_total', 'Token requests, by outcome (ok or OAuth error)', ['outcome']),
    tokenRevocations: counter(
      'token_revocations_total',
      'Requests of clients to revoke a token, by outcome (ok or OAuth error)',
      ['outcome'],
    ),
    tokenMisuses: counter(
      'token_misuses_total',
      'Calls with an authentic token that was misused, by reason',
      ['reason'],
    ),
    matchAttemptsExhausted: counter(
      'match_attempts_exhausted_total',
      'Refusals after too many failed matches: on one subject, or with the same values',
      ['agreement'],
    ),
    upstreamSeconds: histogram('upstream_duration_seconds', 'Time of calls to registries', [
      'upstream',
      'outcome',
    ]),
    upstreamRetries: counter('upstream_retries_total', 'Retried calls to registries', ['upstream']),
    upstreamBreaker: gauge('upstream_breaker_open', 'Circuit breaker: 0 closed, 0.5 half-open, 1 open', [
      'upstream',
    ]),
    upstreamState: gauge(
      'upstream_state',
      'State of a registry: 1 for the present one (up, down, unknown: no answer for a while), else 0',
      ['upstream', 'state'],
    ),
    evidenceCommitSeconds: histogram(
      'evidence_commit_duration_seconds',
      'Time to commit one group of evidence entries',
      [],
    ),
    evidenceEntries: counter('evidence_entries_total', 'Evidence entries committed', ['kind']),
    evidenceFailures: declaredCounter(
      'evidence_failures_total',
      'Groups of evidence entries that could not be committed',
      {},
    ),
    evidenceRewritable: gauge(
      'evidence_rewritable',
      '1 when the role that the gateway has in PostgreSQL could rewrite evidence',
      [],
    ),
    changesAccepted: declaredCounter('changes_accepted_total', 'Changes stored in the outbox', {
      registry: 'publishing',
    }),
    changesDuplicate: declaredCounter('changes_duplicate_total', 'Changes that were known already', {
      registry: 'publishing',
    }),
    checkWarnings: counter(
      'check_warnings_total',
      'Records that break a check of which their contract only warns, by service (or stream) and check',
      ['service', 'check'],
    ),
    writes: counter(
      'writes_total',
      'Writes, by outcome (applied, rejected, refused, unavailable, pending, replayed)',
      ['service', 'outcome'],
    ),
    writesPending: gauge('writes_pending', 'Writes whose outcome is not known yet', []),
    writesOldestPendingSeconds: gauge(
      'writes_oldest_pending_seconds',
      'Age of the oldest write whose outcome is not known yet',
      [],
    ),
    writeConflicts: declaredCounter(
      'write_conflicts_total',
      'Writes that made a version which the outbox knows with another state: their changes are not delivered',
      { registry: 'registries' },
    ),
    pollEntries: declaredCounter(
      'poll_entries_total',
      'Entries of a polled journal, by outcome: accepted, duplicate, refused, vanished (the record was not there)',
      { registry: 'polled', outcome: ['accepted', 'duplicate', 'refused', 'vanished'] },
    ),
    pollRefused: counter('poll_refused_total', 'Polled changes that could not be taken, by reason', [
      'registry',
      'reason',
    ]),
    pollFailures: declaredCounter(
      'poll_failures_total',
      'Pages of a registry’s journal that were not read or stored',
      { registry: 'polled' },
    ),
    pollLagSeconds: gauge(
      'poll_lag_seconds',
      'Age of the moment up to which a registry has been polled; two minutes and a round are usual',
      ['registry'],
    ),
    pollLeader: gauge('poll_leader', '1 when this replica polls the registry', ['registry']),
    outboxDepth: gauge('outbox_depth', 'Changes that a sink has not taken yet', ['sink', 'registry']),
    outboxOldestSeconds: gauge(
      'outbox_oldest_unsent_seconds',
      'Age of the oldest change that a sink has not taken yet',
      ['sink', 'registry'],
    ),
    kafkaSends: counter('kafka_sends_total', 'Messages sent to Kafka, by outcome', ['topic', 'outcome']),
    deadLetters: counter(
      'dead_letters_total',
      'Events that a destination refused for good, by sink and reason; the stream went on without them',
      ['sink', 'reason'],
    ),
    webhookDeliveries: counter(
      'webhook_deliveries_total',
      'Deliveries to webhooks, by outcome (ok, or the failure: timeout, no_answer, address_refused, redirect, status_4xx, status_5xx)',
      ['outcome'],
    ),
    webhookSubscriptions: gauge(
      'webhook_subscriptions',
      'Subscriptions that have not ended: active, paused, failing (active, and its last delivery was not taken), held (its grant is over, less or gone: see TOPIC_GRACE_HOURS)',
      ['state'],
    ),
    webhookLeader: gauge('webhook_leader', '1 when this replica delivers to the webhooks', []),
    kafkaTopics: gauge(
      'kafka_topics',
      'Topics by state (open, kept: readable until its retention is over, held: its grant is over, less or gone, see TOPIC_GRACE_HOURS; ending: to be deleted, troubled: cannot be made or written to); reported by the leader',
      ['state'],
    ),
    kafkaTopicsLost: counter(
      'kafka_topics_lost_total',
      'Topics whose messages went before their time, by reason (deleted: and made again; replaced: another client made one of that name; truncated: Kafka lost a part)',
      ['reason'],
    ),
    removalTimestamp: gauge(
      'removal_timestamp_seconds',
      'When topics and webhooks of a grant that is over, less or gone are removed (Unix time), by agreement; absent: nothing waits',
      ['agreement'],
    ),
    relayLeader: gauge('relay_leader', '1 when this replica leads the relay', []),
    copiesOpen: gauge('copies_open', 'Snapshots and digests under way on this replica', ['kind']),
    copyRows: counter('copy_rows_total', 'Rows sent by snapshots', ['registry', 'entity']),
    copyUnreadable: counter(
      'copy_unreadable_total',
      'Records that break their schema and are left out of snapshots and digests',
      ['registry', 'entity'],
    ),
    scopeUndecided: declaredCounter(
      'scope_undecided_total',
      'Records kept from callers with a scope because it cannot be decided whether they are inside',
      { service: 'reads' },
    ),
    digestSeconds: histogram('digest_duration_seconds', 'Time to compute a digest, by outcome', [
      'registry',
      'outcome',
    ]),
    catalogueReloads: declaredCounter(
      'catalogue_reloads_total',
      'Reloads of the catalogue, by outcome (swapped, unchanged, refused: the files are broken, failed)',
      { outcome: ['swapped', 'unchanged', 'refused', 'failed'] },
    ),
    dependencyUp: gauge('dependency_up', '1 when the dependency answers', ['dependency']),
    catalogueDiffers: gauge(
      'catalogue_differs',
      '1 while the catalogue’s files differ from the catalogue in use: they are broken, or could not be applied',
      [],
    ),
    buildInfo: gauge('build_info', 'Always 1', ['version', 'node', 'catalogue']),
  };
}
