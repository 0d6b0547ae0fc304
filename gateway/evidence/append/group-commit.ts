/**
 * Gathers entries into groups and commits each group at once.
 *
 * A commit costs a round trip, a disk flush and some 150 µs of this process's CPU, whether it stores one entry or
 * fifty; a group shares them. When little happens, an entry goes at once. Beyond some 2,000 entries a second groups
 * are given time to fill, at most `MAX_PAUSE`. The second connection helps out when so many wait that it pays.
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
  /** Milliseconds after which an entry that is not durable is given up. */
  readonly timeout: number;
  /** Entries that may wait; more are refused at once. */
  readonly maxWaiting: number;
}

/**
 * Milliseconds from one group's start to the next, for each entry that the first held: small groups go on at once and
 * stay small; with two and more entries a millisecond each group is larger than the last, up to the longest pause.
 */
const PAUSE_PER_ENTRY = 0.5;
const MAX_PAUSE = 2;
const MAX_GROUP = 512;
/** So many waiting entries are worth a group at once, and a second connection. */
const PRESSING = 64;

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #connections: readonly GroupConnection[];
  readonly #queue: Group[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #waiting = 0;
  /** When the next group may start, in the clock of `performance.now()`. */
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

  /** Was the last group not committed, or do too many entries wait? */
  get failing(): boolean {
    return this.#failing || this.#waiting >= this.#options.maxWaiting;
  }

  /** Commits what waits, then closes the connections. */
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
    // Not at once: what else this turn of the event loop brings goes along.
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

  /** One line when it begins to fail, one when it works again: not one for each of a thousand groups. */
  #report(error: Error | undefined): void {
    if (this.#failing === (error !== undefined)) return;
    this.#failing = error !== undefined;
    if (error) this.#options.log.error({ err: error }, 'evidence cannot be committed');
    else this.#options.log.info('evidence is committed again');
  }
}
