/** The event flow with webhooks, on a real PostgreSQL: several replicas, and a clock that can be set forward. */
import { generateKeyPairSync } from 'node:crypto';
import type { Catalog, StreamGrant } from '../../../../../gateway/catalog/catalog.ts';
import type { Changes } from '../../../../../gateway/changes/changes.ts';
import type { SubscriptionStatus } from '../../../../../gateway/changes/sinks/webhooks/subscription.ts';
import { undeclared } from '../../../../../gateway/circumstances/recorded-circumstances.ts';
import type { KeySet } from '../../../../../gateway/client/verify-response.ts';
import type { EvidenceEntry } from '../../../../../gateway/evidence/evidence.ts';
import { createOutbound } from '../../../../../gateway/net/outbound.ts';
import { signDelivery } from '../../../../../gateway/signatures/sign-delivery.ts';
import type { Pool } from '../../../../../gateway/store/pool.ts';
import { createMetrics } from '../../../../../gateway/telemetry/metrics.ts';
import { freshDatabase } from '../../../../support/database.ts';
import { catalogOf, createFlow, recordingEvidence, revocationsOf, storeOf } from '../../support.ts';

type Tap = Parameters<typeof freshDatabase>[0];

export const HOUR = 3_600_000;
export const SYSTEM = 'G12.thue';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { kid: 'message-key', privateKey };
/** The gateway's keys, as it publishes them. */
export const keySet: KeySet = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: key.kid }] };

/** A catalogue whose grants `SYSTEM` and others may also read as a feed. */
export function catalogWith(...grants: StreamGrant[]): Catalog {
  const feeds = new Map<string, Map<string, StreamGrant[]>>();
  for (const grant of grants) {
    for (const system of grant.systems) {
      const registries = feeds.get(system) ?? new Map<string, StreamGrant[]>();
      feeds.set(system, registries);
      const { registry } = grant.entity;
      registries.set(registry, [...(registries.get(registry) ?? []), grant]);
    }
  }
  return { ...catalogOf(...grants), feeds };
}

export interface Replica extends Changes {
  readonly metrics: ReturnType<typeof createMetrics>;
}

/** @param catalog of all replicas; may be swapped */
export async function openWebhooks(t: Tap, catalog: Catalog) {
  const url = await freshDatabase(t);
  const pool = await storeOf(t, url);
  const evidence = recordingEvidence();
  const revocations = revocationsOf();
  const world = {
    catalog,
    pool,
    evidence,
    revocations,
    /** Milliseconds by which the gateway's clock is ahead. */
    ahead: 0,
    timeout: 2000,
    /** Of one system. */
    perSystem: 50,
    graces: { absent: 0, stated: 0 },
    async replica(own: { pool?: Pool } = {}): Promise<Replica> {
      const metrics = createMetrics();
      const outbound = createOutbound({
        ...{ allowedNetworks: ['127.0.0.1'], timeout: world.timeout, connections: null },
      });
      const now = () => Date.now() + world.ahead;
      const changes = await createFlow({
        ...{ databaseUrl: url, revocations, evidence, metrics, now, config: { graces: world.graces } },
        pool: own.pool ?? pool,
        catalog: () => world.catalog,
        webhooks: {
          ...{ outbound, timeout: world.timeout, perSystem: world.perSystem, giveUpAfter: 72 * HOUR },
          sign: (delivery) => signDelivery(delivery, key, now()),
        },
      });
      let closing: Promise<void> | undefined;
      const close = () => {
        closing ??= changes.close().finally(() => outbound.close());
        return closing;
      };
      return { ...changes, metrics, close };
    },
    async started(t: Tap, own?: { pool?: Pool }): Promise<Replica> {
      const replica = await world.replica(own);
      replica.start();
      t.teardown(() => replica.close());
      return replica;
    },
    async subscribe(
      to: Changes,
      url: string,
      more: { agreement?: string; from?: 'now' | 'oldest'; system?: string; entities?: string[] } = {},
    ): Promise<SubscriptionStatus> {
      const { agreement = 'TT-1', from = 'oldest', system = SYSTEM, entities = null } = more;
      const grants = world.catalog.feeds.get(system)!.get('business')!;
      const asked = { system, agency: 'G12', agreement, registry: 'business', entities, url, from };
      const id = await to.webhooks!.verify(asked, new AbortController().signal);
      return to.webhooks!.subscribe(
        { ...asked, id },
        grants.filter((grant) => grant.agreement.number === agreement),
        entryOf(agreement, 'created'),
      );
    },
    status: async (of: Changes, { id }: { id: string }) => (await of.webhooks!.find(id, SYSTEM))!,
    change: (of: Changes, { id }: { id: string }, state: 'active' | 'paused') =>
      of.webhooks!.change(id, { state }, entryOf('TT-1', state)),
  };
  return world;
}

export function entryOf(agreement: string, reason: string): EvidenceEntry {
  return {
    ...{ requestId: 'r', kind: 'subscription', agency: 'G12', system: SYSTEM, agreement, reason },
    ...{ ...undeclared, keyThumbprint: undefined, tokenId: undefined, legalBasis: [] },
    ...{ service: 'business.changes.read', subjects: [] },
    ...{ fields: undefined, status: 200, code: undefined, request: undefined, response: undefined },
  };
}
