/**
 * THE WRITE FLOW. A registry is changed once for each Idempotency-Key, and the change is published whatever fails on the way.
 *
 *     perform                  begin     one transaction: intent, its evidence, a lease        (store.ts)
 *        │                     ask       the adapter, with the intent's own id
 *        │                     settle    one transaction: outcome, change, evidence            (settle.ts)
 *        │
 *     finish-pending.ts        any replica: intents whose leases ran out are asked after, and settled the same way
 *
 * The registry is asked only after the first commit; from then on only its answer settles the write. An answer that does not
 * come, cannot be read or cannot be stored leaves the write pending: the caller gets `outcome_pending`, repeats the call with
 * the same key, and gets the outcome once there is one.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import {
  type Adapter,
  UpstreamError,
  type Within,
  type Write,
  type WriteOutcome,
} from '../../adapters/adapter.ts';
import type { Catalog, Service } from '../catalog/catalog.ts';
import type { EvidenceEntry, EvidenceLog } from '../evidence/evidence.ts';
import { inTime } from '../problems/in-time.ts';
import { Problem } from '../problems/problem.ts';
import { upstreamProblem } from '../problems/upstream-problem.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { isStoreUnavailable } from '../store/unavailable.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { isCertain } from './certain.ts';
import { finishPending } from './finish-pending.ts';
import { type Asker, callOf, entryOf, type Intent } from './intent.ts';
import { settle } from './settle.ts';
import { AlreadySettled, createKeys, type Key, openWriteStore, type StoredWrite } from './store.ts';

/** Milliseconds that a lease outlasts the registry's deadline: time to commit. */
const COMMIT_MARGIN = 5000;
/** Milliseconds kept at the end of a call, to answer `outcome_pending` with its evidence. */
const ANSWER_MARGIN = 600;
/** Seconds after which a caller should repeat the call. */
const RETRY_AFTER = 2;

export interface WritesOptions {
  readonly pool: Pool;
  readonly evidence: EvidenceLog;
  readonly secrets: Secrets;
  readonly catalog: () => Catalog;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface WriteRequest {
  readonly service: Service;
  readonly idempotencyKey: string;
  /** Has passed the contract, and is within the scope. */
  readonly request: unknown;
  readonly asker: Asker;
  /** Request and signature for the evidence of the intent. */
  readonly received: Pick<EvidenceEntry, 'request' | 'requestSignature'>;
  /** The time by which the call must be answered, in the clock of `performance.now()`; the outcome may be pending then. */
  readonly answerBy?: number;
}

/** How writes are counted: by their outcome at the registry, as pending, or as replayed from an earlier call. */
export const writeCounts = ['applied', 'rejected', 'refused', 'unavailable', 'pending', 'replayed'] as const;

type WriteCount = (typeof writeCounts)[number];

export interface Writes {
  /**
   * Performs a write, or returns the outcome stored for its key. MUST NOT resolve before the write is settled.
   * @throws Problem `idempotency_key_in_use` (409), `idempotency_key_reused` (422), `outcome_pending` (503),
   *   `store_unavailable`, `evidence_unavailable` (503: the registry was not asked); UpstreamError `refused` or `unavailable`,
   *   when the registry certainly changed nothing: the key may be used again
   */
  perform(wanted: WriteRequest): Promise<WriteOutcome>;
  /**
   * Is the record of a request within a scope, as its registry has it now? Changes nothing.
   * @returns false also when the registry cannot say
   */
  isWithin(
    wanted: Pick<WriteRequest, 'service' | 'request' | 'asker' | 'answerBy'>,
    within: Within,
  ): Promise<boolean>;
  /** Starts to finish pending writes of all replicas. */
  start(): void;
  close(): Promise<void>;
}

export function createWrites(options: WritesOptions): Writes {
  const { pool, evidence, secrets, catalog, adapters, metrics, log } = options;
  const store = openWriteStore(pool, evidence, secrets);
  const keyOf = createKeys(secrets);
  const count = (service: Service, outcome: WriteCount) =>
    metrics.writes.inc({ service: service.key, outcome });
  let finishing: { close(): Promise<void> } | undefined;

  function writeOf(service: Service): Write {
    const write = adapters.get(service.registry)?.writes?.[service.operation];
    if (!write) throw new UpstreamError('unavailable', { reason: 'not_configured' });
    return write;
  }

  /** Makes an outcome durable, and counts it. */
  async function conclude(service: Service, intent: Intent, outcome: WriteOutcome): Promise<void> {
    const { registry, accepted, duplicates, conflict, warned } = await settle(
      store,
      catalog(),
      service,
      intent,
      outcome,
    );
    count(service, outcome.state);
    metrics.changesAccepted.inc({ registry }, accepted);
    metrics.changesDuplicate.inc({ registry }, duplicates);
    for (const check of warned) metrics.checkWarnings.inc({ service: service.key, check });
    if (!conflict) return;
    metrics.writeConflicts.inc({ registry });
    log.error({ write: intent.id, service: service.key }, 'a write made a version that is known otherwise');
  }

  /** @returns the key's write, when another call took the key meanwhile */
  async function begin(
    service: Service,
    key: Key,
    intent: Intent,
    entry: EvidenceEntry,
    by: number,
  ): Promise<StoredWrite | undefined> {
    let begun: boolean;
    try {
      begun = await beforeLimit(by, store.begin(key, intent, entry, service.deadline + COMMIT_MARGIN));
    } catch (cause) {
      // The intent may be committed although its acknowledgement was lost: then a replica will finish it.
      const isOpen = isStoreUnavailable(cause) || isLate(cause);
      return isOpen ? leavePending(service, intent, cause) : Promise.reject(cause);
    }
    return begun ? undefined : ((await store.find(key)) ?? { state: 'pending', leased: true });
  }

  /** Ends the lease, so that the first free replica finishes the write. */
  async function leavePending(service: Service, { id }: Intent, cause: unknown): Promise<never> {
    // No waiting for a store that hangs: the lease expires anyway.
    await inTime(performance.now(), store.postpone(id, 0)).catch(() => {});
    count(service, 'pending');
    throw new Problem('outcome_pending', { retryAfter: RETRY_AFTER, cause });
  }

  /** Asks the registry; an error leaves the write pending, unless the registry certainly changed nothing. */
  async function ask(service: Service, write: Write, intent: Intent, by: number): Promise<WriteOutcome> {
    try {
      return await write.perform(intent.request as never, callOf(intent, service.deadline));
    } catch (error) {
      if (isCertain(error)) {
        const { status, code } = upstreamProblem(error);
        await beforeLimit(by, store.release(intent.id, entryOf(intent.asker, status, code))).catch(
          (cause: unknown) => leavePending(service, intent, cause),
        );
        count(service, error.failure);
        throw error;
      }
      return leavePending(service, intent, error);
    }
  }

  return {
    async perform({
      service,
      idempotencyKey,
      request,
      asker,
      received,
      answerBy = Number.POSITIVE_INFINITY,
    }) {
      const write = writeOf(service);
      const key = keyOf(asker.system, service.key, idempotencyKey, request);
      const intent: Intent = { id: randomUUIDv7(), asker, request };
      const by = answerBy - ANSWER_MARGIN;
      const entry: EvidenceEntry = {
        ...entryOf(asker, 202, undefined),
        ...received,
        id: intent.id,
        kind: 'intent',
      };
      const known = (await store.find(key)) ?? (await begin(service, key, intent, entry, by));
      if (known) {
        const outcome = outcomeOf(known);
        count(service, 'replayed');
        return outcome;
      }
      const outcome = await ask(service, write, intent, by);
      try {
        await beforeLimit(by, conclude(service, intent, outcome));
        return outcome;
      } catch (cause) {
        const settled =
          cause instanceof AlreadySettled
            ? await store.outcomeOf(intent.id).catch(() => undefined)
            : undefined;
        return settled ?? leavePending(service, intent, cause);
      }
    },
    async isWithin({ service, request, asker, answerBy = Number.POSITIVE_INFINITY }, within) {
      const write = writeOf(service);
      const deadline = Math.min(service.deadline, answerBy - ANSWER_MARGIN - performance.now());
      // A request id of its own: the registry must not take the question for the write.
      const call = { ...callOf({ id: randomUUIDv7(), asker, request }, deadline), within };
      try {
        return (await write.isWithin?.(request as never, call)) ?? false;
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        log.debug({ requestId: asker.requestId, err: error }, 'whether a record is within cannot be known');
        return false;
      }
    },
    start() {
      finishing = finishPending({ store, catalog, writeOf, conclude, metrics, log });
    },
    async close() {
      await finishing?.close();
    },
  };
}

/** Waits until `by` and no longer, whatever `work` consists of. */
const beforeLimit = <T>(by: number, work: Promise<T>): Promise<T> =>
  inTime(by, work, Number.POSITIVE_INFINITY);

const isLate = (cause: unknown): boolean => cause instanceof Problem && cause.code === 'store_unavailable';

function outcomeOf(known: StoredWrite): WriteOutcome {
  if (known.state === 'settled') return known.outcome;
  if (known.state === 'reused') throw new Problem('idempotency_key_reused');
  if (known.leased) throw new Problem('idempotency_key_in_use', { retryAfter: 1 });
  throw new Problem('outcome_pending', { retryAfter: RETRY_AFTER });
}
