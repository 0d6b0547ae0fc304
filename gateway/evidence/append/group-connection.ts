/**
 * One connection that commits groups, one at a time.
 *
 * A range of a group is one COPY, and so one transaction: all of its rows are stored, or none. When an established
 * connection turns out to be lost, the range is sent once more on a new one. If the first transaction was committed after
 * all, the primary key refuses the second, and the range counts as committed.
 */
import { storeCodeOf } from '../../store/origin.ts';
import type { Client, Pool } from '../../store/pool.ts';
import { isStoreUnavailable } from '../../store/unavailable.ts';
import { copyIn } from './copy-in.ts';
import { storeFieldSet } from './field-sets.ts';
import type { Group } from './group.ts';
import { COPY_EVIDENCE } from './row.ts';

/** Overrides the server's default: an entry must be durable before its answer leaves. */
const SESSION = 'SET synchronous_commit = on';

export interface GroupConnectionOptions {
  readonly pool: Pool;
  /** Digests of field sets that are known to be stored; shared by all connections. */
  readonly storedFieldSets: Set<string>;
}

/** The attempt to commit one group; given up at its deadline. */
interface Attempt {
  expired: boolean;
}

export class GroupConnection {
  busy = false;
  readonly #options: GroupConnectionOptions;
  #client: Client | undefined;
  readonly #onLost = () => this.drop();

  constructor(options: GroupConnectionOptions) {
    this.#options = options;
  }

  /**
   * Commits `group` and resolves or rejects each of its entries, within `limit` milliseconds. Never rejects itself.
   * @returns the error of entries that could not be committed; `undefined` when all were
   */
  async commit(group: Group, limit: number): Promise<Error | undefined> {
    const attempt: Attempt = { expired: false };
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      attempt.expired = true;
      reject(new Error('evidence was not committed in time'));
    }, limit);
    this.busy = true;
    try {
      return await Promise.race([this.#commitRange(group, 0, group.size, attempt), tooLate]);
    } catch (error) {
      this.drop();
      group.fail(error as Error, 0, group.size);
      return error as Error;
    } finally {
      this.busy = false;
      clearTimeout(timer);
    }
  }

  /** Closes the connection; its current query fails. */
  drop(): void {
    const client = this.#client;
    if (!client) return;
    this.#client = undefined;
    client.off('error', this.#onLost);
    client.release(true);
  }

  /** Commits a range. A range with refused content is halved, so that one entry does not fail the others. */
  async #commitRange(group: Group, from: number, to: number, attempt: Attempt): Promise<Error | undefined> {
    try {
      await this.#storeWithRetry(group, from, to, attempt);
      group.commit(from, to);
      return undefined;
    } catch (error) {
      if (!isRefusedContent(error)) throw error;
      if (to - from === 1) {
        group.fail(error, from, to);
        return error;
      }
      const middle = (from + to) >> 1;
      const left = await this.#commitRange(group, from, middle, attempt);
      const right = await this.#commitRange(group, middle, to, attempt);
      return left ?? right;
    }
  }

  async #storeWithRetry(group: Group, from: number, to: number, attempt: Attempt): Promise<void> {
    const established = this.#client !== undefined;
    try {
      await this.#store(group, from, to, attempt);
    } catch (error) {
      if (!established || attempt.expired || !isStoreUnavailable(error)) throw error;
      this.drop();
      await this.#store(group, from, to, attempt).catch((second: unknown) => {
        if (!isKnownEntry(second)) throw second;
      });
    }
  }

  async #store(group: Group, from: number, to: number, attempt: Attempt): Promise<void> {
    const client = this.#client ?? (await this.#connect(attempt));
    const { storedFieldSets } = this.#options;
    for (const [digest, fields] of group.fieldSets) {
      if (storedFieldSets.has(digest)) continue;
      await storeFieldSet(client, digest, fields);
      storedFieldSets.add(digest);
    }
    await copyIn(client, COPY_EVIDENCE, group.file(from, to));
  }

  async #connect(attempt: Attempt): Promise<Client> {
    const client = await this.#options.pool.connect();
    if (attempt.expired) {
      client.release(); // the group has been given up, and another attempt may have connected since
      throw new Error('evidence was not committed in time');
    }
    this.#client = client;
    client.on('error', this.#onLost);
    await client.query(SESSION);
    return client;
  }
}

/** SQLSTATE classes 22 and 23: a value can never be stored. */
function isRefusedContent(error: unknown): error is Error {
  return /^2[23]...$/.test(storeCodeOf(error));
}

function isKnownEntry(error: unknown): boolean {
  return (
    storeCodeOf(error) === '23505' &&
    error instanceof Error &&
    'constraint' in error &&
    error.constraint === 'evidence_pkey'
  );
}
