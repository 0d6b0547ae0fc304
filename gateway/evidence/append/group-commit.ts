/**
 * Group commit: entries that come together are committed in one transaction.
 *
 * A commit costs a round trip, a disk flush and some 150 µs of this process's CPU, whether it stores one entry or
 * fifty; a group shares them. At a low rate an entry is committed without delay. Beyond some 2,000 entries a second a batch
 * window of at most `MAX_PAUSE` lets groups fill. The second connection is used when many entries wait.
 */

import type { Pool } from '../../store/pool.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { EvidenceEntry } from '../evidence.ts';
import { Group } from './group.ts';
import { GroupConnection } from './group-connection.ts';

export interface GroupCommitOptions {
  readonly pool: Pool;
  readonly secrets: Secrets;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Milliseconds after which an entry that is not durable is rejected. */
  readonly timeout: number;
  /** Entries that may wait; more are refused. */
  readonly maxWaiting: number;
}

/**
 * Milliseconds from one group's start to the next, for each entry of the first: small groups are followed soon and stay
 * small; from two entries a millisecond on, each group is larger than the last, up to the longest pause.
 */
const PAUSE_PER_ENTRY = 0.5;
const MAX_PAUSE = 2;
const MAX_GROUP = 512;
/** Entries that make a group start without a pause, and on the second connection. */
const PRESSING = 64;

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #connections: readonly GroupConnection[];
  readonly #queue: Group[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #waiting = 0;
  /** The earliest start of the next group, in the clock of `performance.now()`. */
  #nextStart = 0;
  #scheduled = false;
  #closed = false;
  #failing = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    const shared = { pool: options.pool, storedFieldSets: new Set<string>() };
    this.#connections = [new GroupConnection(shared), new GroupConnection(shared)];
  }

  /** Resolves when `entry` is durable; rejects with an Error when it could not be made so. */
  append(entry: EvidenceEntry): Promise<void> {
    const { metrics, maxWaiting, secrets } = this.#options;
    if (this.#closed) return Promise.reject(new Error('the evidence log is closed'));
    if (this.#waiting >= maxWaiting) {
      metrics.evidenceFailures.inc();
      return Promise.reject(new Error('too many evidence entries wait to be committed'));
    }
    let group = this.#queue.at(-1);
    if (!group || group.size >= MAX_GROUP) {
      group = new Group(performance.now());
      this.#queue.push(group);
    }
    this.#waiting -= group.size;
    const durable = group.add(entry, secrets);
    this.#waiting += group.size;
    this.#schedule();
    return durable;
  }

  /** Did the last group fail, or do too many entries wait? */
  get failing(): boolean {
    return this.#failing || this.#waiting >= this.#options.maxWaiting;
  }

  /** Commits the waiting entries, then closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#queue.length > 0 || this.#underWay.size > 0) {
      if (this.#underWay.size === 0) this.#start();
      else await Promise.race(this.#underWay);
    }
    for (const connection of this.#connections) connection.drop();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#nextConnection()) return;
    this.#scheduled = true;
    const begin = () => {
      this.#scheduled = false;
      this.#start();
    };
    const pause = this.#nextStart - performance.now();
    // Yields once, so that the group takes all entries of this event loop turn.
    if (pause <= 0 || this.#queue[0]!.size >= PRESSING) setImmediate(begin);
    else setTimeout(begin, pause);
  }

  /** The connection that may take the oldest waiting group now. */
  #nextConnection(): GroupConnection | undefined {
    const group = this.#queue[0];
    if (!group) return undefined;
    if (this.#underWay.size > 0 && group.size < PRESSING) return undefined;
    return this.#connections.find((connection) => !connection.busy);
  }

  #start(): void {
    const connection = this.#nextConnection();
    if (!connection) return;
    const group = this.#queue.shift()!;
    if (group.size === 0) return;
    this.#nextStart = performance.now() + Math.min(MAX_PAUSE, group.size * PAUSE_PER_ENTRY);
    const done = this.#commit(connection, group).finally(() => {
      this.#underWay.delete(done);
      this.#schedule();
    });
    this.#underWay.add(done);
  }

  async #commit(connection: GroupConnection, group: Group): Promise<void> {
    const { metrics, timeout } = this.#options;
    const start = performance.now();
    const error = await connection.commit(group, Math.max(0, group.since + timeout - start));
    this.#waiting -= group.size;
    for (const [kind, count] of group.committed) metrics.evidenceEntries.inc({ kind }, count);
    if (error) metrics.evidenceFailures.inc();
    else metrics.evidenceCommitSeconds.observe((performance.now() - start) / 1000);
    this.#report(error);
  }

  /** Logs one line when commits begin to fail and one when they work again, not one for each group. */
  #report(error: Error | undefined): void {
    if (this.#failing === (error !== undefined)) return;
    this.#failing = error !== undefined;
    if (error) this.#options.log.error({ err: error }, 'evidence cannot be committed');
    else this.#options.log.info('evidence is committed again');
  }
}
