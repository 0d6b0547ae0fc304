/**
 * Puts the parts together and listens; closes them in the reverse order.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import type { Adapter } from '../adapters/adapter.ts';
import type { Registry } from '../adapters/config/registry.ts';
import { offerOf } from '../adapters/offers.ts';
import { createAddressLimiter } from './admission/address-limiter.ts';
import { createLimiter } from './admission/limiter.ts';
import { openMatchAttempts } from './admission/match-attempts.ts';
import { openQuotas } from './admission/quota.ts';
import { openReplicas } from './admission/replicas.ts';
import type { Catalog } from './catalog/catalog.ts';
import { openCatalogCache } from './catalog/live/cache.ts';
import { type LiveCatalog, openLiveCatalog, type Reload } from './catalog/live/live.ts';
import { directoriesOf, readSources } from './catalog/live/load.ts';
import { watchDirectories } from './catalog/live/watch.ts';
import { formatFinding } from './catalog/read/catalog-error.ts';
import { createChanges } from './changes/changes.ts';
import type { PollSource } from './changes/sources/poll.ts';
import type { Config } from './config/config.ts';
import { createCopies } from './copies/copies.ts';
import { openCatalogueSwaps } from './evidence/catalogue-swaps.ts';
import { openEvidence } from './evidence/open.ts';
import { deleteExpiredEvidence } from './evidence/retention.ts';
import { createPageTokens } from './exchange/input/page-tokens.ts';
import { clientRecords } from './exchange/record-client.ts';
import { trackStreams } from './exchange/streams/open-streams.ts';
import { openAgenciesPort } from './http/agencies-port.ts';
import { listening } from './http/listening.ts';
import { createIdentity } from './identity/identity.ts';
import { openRevocations } from './identity/revocations.ts';
import { openSigningKeys } from './identity/tokens/signing-keys.ts';
import { createOutbound } from './net/outbound.ts';
import { restrictOutboundTls } from './net/tls.ts';
import { catalogueAdmin } from './operators/admin/admin-catalogue.ts';
import { replayRoutes } from './operators/admin/admin-replays.ts';
import { openOperators } from './operators/admin/operators.ts';
import { revocationRoutes } from './operators/admin/revocation-routes.ts';
import { createHealth } from './operators/health/health.ts';
import { probeUpstreams } from './operators/health/probe-upstreams.ts';
import { beginCounters } from './operators/metrics/counter-series.ts';
import { observeUpstreams } from './operators/metrics/upstreams.ts';
import { buildOperationsApp } from './operators/server.ts';
import { builtInOffers, registries } from './registries.ts';
import { createClosing } from './runtime/closing.ts';
import { configError } from './runtime/config-error.ts';
import { daily } from './runtime/daily.ts';
import { createSignatures } from './signatures/signatures.ts';
import { createUsedNonces } from './signatures/used-nonces.ts';
import { connectionFaultOf } from './store/connection-fault.ts';
import { openPool } from './store/pool.ts';
import { awaitStore, awaitWork } from './store/prepare/await-store.ts';
import { prepareStart } from './store/prepare/prepare-start.ts';
import { deriveSecrets } from './store/secrets.ts';
import { createLog, type Log } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { reportFailures } from './telemetry/report-failures.ts';
import { createWrites } from './writes/writes.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Each registry with its adapter's code: loaded with this file, so that Node keeps all of it compiled (`loadCached`). */
const connectors = await Promise.all(
  registries.map(async (registry: Registry) => ({ ...registry, connector: await registry.load() })),
);

/** Bytes; the usual catalogue, and what starting leaves behind, are half of that. */
const SMALL_HEAP = 128e6;

export interface Gateway {
  /** The actual addresses of the two ports. They differ from the configuration when it has port 0. */
  readonly agenciesUrl: string;
  readonly operationsUrl: string;
  /** Reads the catalogue's files again, and swaps the catalogue if they changed. A broken one is reported, and the old one stays. */
  reload(cause: string): Promise<Reload>;
  /**
   * Drains and stops: takes no new calls, finishes those in flight (within `drainTimeout`), and commits what waits.
   * May be called twice.
   */
  close(): Promise<void>;
}

interface Telemetry {
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface StartOptions {
  readonly log?: Log;
  /** Adapters of further registries, or instead of the configured one of the same registry. */
  readonly adapters?: readonly Adapter[];
}

/**
 * Starts a gateway.
 * @throws CatalogError for a broken catalogue, ConfigError when the store cannot be used or a port is taken; nothing is
 *   left running then
 */
export async function startGateway(config: Config, options: StartOptions = {}): Promise<Gateway> {
  const log = options.log ?? createLog(config.logLevel);
  const { onClose, close } = createClosing(log);
  restrictOutboundTls();
  for (const warning of config.warnings) log.warn(warning, 'a variable is probably not what was meant');

  try {
    // A broken catalogue stops the start before anything is touched.
    const metrics = createMetrics();
    // Given to each part, so that one that begins to count or to log needs no other caller.
    const telemetry: Telemetry = { metrics, log };
    const failures = reportFailures(log);
    const losses = reportFailures(log, { level: 'warn' });
    const secrets = deriveSecrets(config.masterKey);
    const adapters = createAdapters(config, observeUpstreams(metrics), options.adapters);
    for (const adapter of adapters.values()) onClose(`adapter ${adapter.registry}`, () => adapter.close());
    const offers = new Map(builtInOffers);
    for (const adapter of adapters.values()) offers.set(adapter.registry, offerOf(adapter));
    const directory = config.catalogueCacheDir;
    const live = await openLiveCatalog({
      read: () => readSources(config),
      offers,
      cache:
        directory === undefined
          ? undefined
          : await openCatalogCache({
              ...{ directory, offers },
              key: secrets.derive('catalogue-cache'),
              ...telemetry,
            }),
      ...telemetry,
      onReload: ({ outcome }, catalog) => {
        const { digest } = catalog;
        metrics.catalogueReloads.inc({ outcome });
        if (outcome === 'swapped') tellWarnings(catalog, log);
        metrics.catalogueDiffers.set(outcome === 'refused' || outcome === 'failed' ? 1 : 0);
        setBuildInfo(metrics, digest);
      },
    });
    const catalog = live.current;
    tellWarnings(catalog(), log);
    setBuildInfo(metrics, catalog().digest);
    const waitForStore = {
      ...{ url: config.databaseUrl, variable: 'DATABASE_URL', wait: config.databaseWait },
      onWait: (reason: string) => log.warn({ variable: 'DATABASE_URL', reason }, 'waiting for PostgreSQL'),
    };
    await awaitStore(waitForStore);
    const pool = openPool({
      url: config.databaseUrl,
      name: 'lienthong',
      max: 12,
      onIdleError: (error) => losses.report('an idle connection to PostgreSQL was lost', {}, error),
    });
    onClose('store', () => pool.end());
    const rewritable = await prepareStart({
      ...{ pool, url: config.databaseUrl, log },
      retentionMonths: config.evidenceRetentionMonths,
      isRetentionConfigured: config.isEvidenceRetentionSet,
    });
    metrics.evidenceRewritable.set(rewritable ? 1 : 0);

    const evidence = openEvidence({ pool, secrets, ...telemetry });
    onClose('evidence', () => evidence.close());
    onClose(
      'retention',
      daily('evidence retention', () => deleteExpiredEvidence(pool, config.evidenceRetentionMonths), log),
    );
    const revocations = await openRevocations({ databaseUrl: config.databaseUrl, pool, ...telemetry });
    onClose('revocations', () => revocations.close());
    const replicas = await openReplicas({ pool, ...telemetry });
    onClose('replicas', () => replicas.close());
    const limiter = createLimiter({ replicas: replicas.live, ...telemetry });
    const outbound = createOutbound({ allowedNetworks: config.outboundAllowedNetworks, ...telemetry });
    onClose('outbound', () => outbound.close());
    const messageKeys = await openSigningKeys({
      pool,
      table: 'message_signing_key',
      encryptionKey: secrets.derive('message-signing-keys'),
      rotationDays: 'never',
      now: Date.now,
      ...telemetry,
    });
    onClose('message keys', () => messageKeys.close());
    const identity = await createIdentity({
      publicUrl: config.publicUrl,
      catalog,
      pool,
      secrets,
      revocations,
      outbound,
      signingKey: config.signingKey,
      signingKeyRotationDays: config.signingKeyRotationDays,
      messageKeys,
      requireBoundTokens: config.requireBoundTokens,
      limiter,
      records: clientRecords(evidence, revocations),
      certificates: {
        byTls: config.tls !== undefined && config.clientAuthorities !== undefined,
        trustedProxies: config.trustedProxies,
        authorities: config.clientAuthorities?.certificates ?? [],
      },
      ...telemetry,
    });
    onClose('identity', () => identity.close());
    const usedNonces = createUsedNonces({ pool, now: Date.now, ...telemetry });
    onClose('used nonces', () => usedNonces.close());
    const signatures = createSignatures({ keyOf: identity.keyOf, messageKeys, usedNonces, ...telemetry });
    const quotas = openQuotas({ pool, ...telemetry });
    onClose('quotas', () => quotas.close());
    const matchAttempts = openMatchAttempts({ pool, ...telemetry });
    onClose('match attempts', () => matchAttempts.close());
    // Slow endpoints have longer than key sets, and no limit by origin: the webhooks have their own.
    const { timeout, ...webhookLimits } = config.webhooks;
    const webhookOutbound = createOutbound({
      ...{ allowedNetworks: config.outboundAllowedNetworks, timeout, connections: null },
      ...telemetry,
    });
    onClose('webhooks', () => webhookOutbound.close());
    const changes = await createChanges({
      pool,
      databaseUrl: config.databaseUrl,
      catalog,
      secrets,
      revocations,
      evidence,
      ...telemetry,
      config,
      webhooks: { ...webhookLimits, timeout, outbound: webhookOutbound, sign: signatures.signDelivery },
      sources: pollSources(config, adapters),
    });
    onClose('changes', () => changes.close());

    const copies = createCopies({
      ...{ pool, secrets, changes, adapters, ...telemetry },
      limits: config.copies,
    });
    onClose('copies', () => copies.close());

    const writes = createWrites({ pool, evidence, secrets, catalog, adapters, ...telemetry });
    onClose('writes', () => writes.close());

    const probeEvery = config.upstreamProbeEvery;
    const probes = probeUpstreams({ adapters, catalog, every: probeEvery, ...telemetry });
    onClose('probes', () => probes.close());
    const health = createHealth({
      ...{ pool, evidence, revocations, identity, changes, adapters, probeEvery, ...telemetry },
    });
    onClose('health', () => health.close());
    const administered = config.operatorToken !== undefined || config.operatorsFile !== undefined;
    const operations = buildOperationsApp({
      ...{ health, failures, tls: config.operationsTls, ...telemetry },
      admin: administered
        ? {
            operators: openOperators({
              sharedToken: config.operatorToken,
              file: config.operatorsFile,
              now: Date.now,
              ...telemetry,
            }),
            routes: [
              revocationRoutes({ revocations, catalog, evidence, ...telemetry }),
              catalogueAdmin(live, changes.held),
              replayRoutes(changes.operations),
            ],
          }
        : undefined,
    });
    onClose('operators’ port', () => operations.close());
    const streams = trackStreams({ catalog, identity, revocations, limits: config.streams, ...telemetry });
    onClose('streams', () => streams.close());
    const parts = {
      identity,
      revocations,
      limiter,
      quotas,
      matchAttempts,
      addressLimiter: createAddressLimiter({ perSecond: config.addressRate, ...telemetry }),
      adapters,
      changes,
      writes,
      copies,
      streams,
      evidence,
      signatures,
      publicUrl: config.publicUrl,
      secrets,
      pageTokens: createPageTokens(secrets),
      placeNames: config.placeNames,
      ...telemetry,
      failures,
    };
    const agencies = await openAgenciesPort(config, parts, catalog());
    onClose('agencies’ port', () => agencies.close());
    const counters = beginCounters(
      metrics,
      {
        registries: [...adapters.keys()],
        polled: changes.polls.registries,
        sinks: changes.sinks,
      },
      catalog(),
      log,
    );
    const swaps = openCatalogueSwaps({ pool, evidence, ...telemetry });
    onClose('catalogue swaps', () => swaps.close());
    await awaitWork({ ...waitForStore, otherwise: 'the catalogue cannot be recorded in evidence' }, () =>
      swaps.recordStart(catalog().digest),
    );
    // Outboxes first: a route that publishes needs its own.
    live.announce(changes.endings);
    live.record(swaps.record);
    live.follow(changes.follow);
    live.follow(agencies.follow);
    live.follow(streams.follow);
    live.follow(counters.follow);
    onClose('catalogue', () => live.close());
    // First of all: load balancers learn from the operators' port, which closes last, that they should send no more calls.
    onClose('readiness', () => health.drain());

    // V8 would take its first full look at the heap, and so find out how little of it is needed, only when calls have let
    // it grow to several times that. With a large catalogue it has looked.
    if (process.memoryUsage().heapUsed < SMALL_HEAP) globalThis.gc?.();
    // Compiling a catalogue takes seconds on a small machine: the first call is not refused for what was not read meanwhile.
    await revocations.refresh();
    await listening('OPERATIONS_PORT', () =>
      operations.listen({ host: config.host, port: config.operationsPort }),
    );
    await listening('PORT', () => agencies.listen());
    changes.start();
    writes.start();
    onClose('watch', watchCatalogue(config, live, telemetry));
    log.info(
      { services: catalog().services.size, catalogue: catalog().digest.slice(0, 12) },
      'the gateway is ready',
    );
    live.keepFirst();
    const unconnected = unconnectedOf(catalog(), adapters);
    if (unconnected.length > 0) {
      log.warn(
        { registries: unconnected },
        'registries are not connected: calls of their services are refused',
      );
    }
    return {
      agenciesUrl: urlOf(agencies.server, config.tls ? 'https' : 'http'),
      operationsUrl: urlOf(operations.server, config.operationsTls ? 'https' : 'http'),
      reload: live.reload,
      close,
    };
  } catch (error) {
    await close();
    // Any step may find out that the server goes away, or takes no more connections, while the gateway starts.
    const fault = connectionFaultOf(error, config.databaseUrl);
    throw fault ? configError('DATABASE_URL', fault.reason, error) : error;
  }
}

/** Logs the warnings of `lienthong check` for the catalogue that goes live. */
function tellWarnings({ warnings }: Catalog, log: Log): void {
  if (warnings.length === 0) return;
  const findings = warnings.slice(0, WARNINGS_LOGGED).map(formatFinding);
  log.warn({ warnings: warnings.length, findings }, 'the catalogue may not be what was meant');
}

/** As many as of a broken catalogue. */
const WARNINGS_LOGGED = 20;

/** Sets `build_info`, which names the catalogue in use and no earlier one. */
function setBuildInfo({ buildInfo }: Metrics, digest: string): void {
  buildInfo.reset();
  buildInfo.set({ version, node: process.version, catalogue: digest.slice(0, 12) }, 1);
}

/** Reloads the catalogue when its files change. A failed swap of sound files is repeated. */
function watchCatalogue(config: Config, live: LiveCatalog, telemetry: Telemetry): () => Promise<void> {
  return watchDirectories({
    directories: directoriesOf(config),
    changed: async () => (await live.reload('file')).outcome !== 'failed',
    pollEvery: config.cataloguePollEvery,
    ...telemetry,
  });
}

/** The adapters that are configured, by registry; a service without one answers 503. */
function createAdapters(
  config: Config,
  observer: ReturnType<typeof observeUpstreams>,
  further: readonly Adapter[] = [],
): Map<string, Adapter> {
  const options = { ...config.upstream, observer };
  const adapters = new Map(further.map((adapter) => [adapter.registry, adapter]));
  for (const { name, connector } of connectors) {
    const settings = config.registries[name];
    if (settings !== undefined && !adapters.has(name))
      adapters.set(name, connector.connect(settings, options));
  }
  return adapters;
}

/** Registries whose services are in contracts, and for which there is no adapter. */
function unconnectedOf({ services }: Catalog, adapters: ReadonlyMap<string, Adapter>): string[] {
  const called = [...services.values()].filter(({ kind }) => kind !== 'publish');
  return [...new Set(called.map(({ registry }) => registry))].filter((registry) => !adapters.has(registry));
}

/** The registries whose journals are polled: those with a poll interval in the configuration and an adapter that can poll. */
function pollSources(config: Config, adapters: ReadonlyMap<string, Adapter>): PollSource[] {
  return connectors.flatMap(({ name, pollEvery }) => {
    const settings = config.registries[name];
    const every = settings === undefined ? undefined : pollEvery?.(settings);
    const changesSince = adapters.get(name)?.changesSince;
    return every !== undefined && changesSince ? [{ registry: name, every, changesSince }] : [];
  });
}

function urlOf(server: Server, scheme: string): string {
  const { address, family, port } = server.address() as AddressInfo;
  const host =
    address === '::' || address === '0.0.0.0' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `${scheme}://${host}:${port}`;
}
