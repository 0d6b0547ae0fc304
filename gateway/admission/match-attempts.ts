/**
 * Failed matches are limited per agreement and looked-up person: 5 in 24 hours, all replicas together. They are also limited
 * per agreement and compared values, over all persons: 100 in 24 hours.
 *
 * The first limit: a caller that may ask "is this person's name X?" could try out names. An attempt is reserved before the
 * gateway asks the registry, so that simultaneous guesses cannot slip past the count. An attempt is refused when the failures
 * of the last 24 hours and the different guesses under way make five. Equal guesses count as one: a correct value that many
 * officers ask for at the same time is never refused, and a guess that fails again reveals nothing new.
 *
 * The second limit: a caller that knows a name and a birth date could find the person's number by trying numbers: six digits
 * of a personal number are unknown. So the roles are exchanged: the values are looked up, and the number is the guess. The
 * limit is a hundred, because a batch may hold many namesakes born in one year, and a search needs up to a million numbers.
 */
import { randomUUID } from 'node:crypto';
import { Problem } from '../problems/problem.ts';
import type { Pool } from '../store/pool.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { ask } from './ask.ts';

export interface MatchAttempts {
  /**
   * Reserves an attempt. Every attempt MUST be ended by one of its three methods, before its answer leaves; one that
   * is not stops counting after 60 seconds.
   * @param subject keyed hash of the person's number
   * @param guess keyed hash of the person and the compared values, the same for all spellings
   * @param values keyed hash of the compared values alone; `undefined`: too many people share them
   * @throws Problem `match_attempts_exhausted`, with `retryAfter`; Problem `store_unavailable`
   */
  begin(agreement: string, subject: Buffer, guess: Buffer, values: Buffer | undefined): Promise<MatchAttempt>;
  /** Deletes attempts and failures that no longer count. A timer calls it every hour. Never rejects. */
  clean(): Promise<void>;
  close(): Promise<void>;
}

/** Each method rejects with Problem `store_unavailable` when PostgreSQL is away. */
export interface MatchAttempt {
  /** The values matched: leaves no trace. */
  matched(): Promise<void>;
  /** The values did not match, or there is no such person: callers must not be able to distinguish the two. Durable. */
  failed(): Promise<void>;
  /** The registry gave no answer: the caller learnt nothing, and nothing counts. */
  abandoned(): Promise<void>;
}

export interface MatchAttemptsOptions {
  readonly pool: Pool;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Wait {
  /** Seconds; null: the attempt is admitted. */
  readonly wait: number | null;
}

/** Failures in 24 hours. The times are in the SQL: PostgreSQL's clock is the one that all replicas share. */
const ALLOWED = 5;
/** Different numbers with the same values. */
const ALLOWED_NUMBERS = 100;
const CLEANING_INTERVAL = 3_600_000;

const ONE = 'begin_match_attempt($1, $2, $3, $4, $5)';
const BEGIN = `SELECT ${ONE} AS wait`;
// COALESCE reserves the second only when the first is admitted; locks are taken in one order, subjects before values.
const BEGIN_BOTH = `SELECT coalesce(${ONE}, begin_match_attempt($6, $2, $7, $3, $8)) AS wait`;
const FORGET = 'DELETE FROM match_attempt WHERE id = ANY ($1)';
/**
 * Counts a failure, also when the reservation is gone; the same guess once in 24 hours.
 * @param ids of the reservations, and agreement, subject and guess of each row, as SQL: the probe of the store
 * (`probe-store.ts`) tries the same
 */
export const failedMatch = (ids: readonly string[], ...rows: readonly string[]): string => `
  WITH attempt AS (DELETE FROM match_attempt WHERE id IN (${ids.join(', ')}))
  INSERT INTO match_failure (agreement, subject, guess) VALUES ${rows.map((row) => `(${row})`).join(', ')}
  ON CONFLICT (agreement, subject, guess)
  DO UPDATE SET at = now() WHERE match_failure.at <= now() - interval '24 hours'`;
const FAIL = failedMatch(['$1'], '$2, $3, $4');
const FAIL_BOTH = failedMatch(['$1', '$5'], '$2, $3, $4', '$2, $6, $3');

export function openMatchAttempts({ pool, metrics, log }: MatchAttemptsOptions): MatchAttempts {
  async function clean(): Promise<void> {
    try {
      await ask(pool, "DELETE FROM match_failure WHERE at < now() - interval '24 hours'", []);
      await ask(pool, "DELETE FROM match_attempt WHERE at < now() - interval '60 seconds'", []);
    } catch (error) {
      log.warn({ err: error }, 'old match attempts could not be deleted');
    }
  }

  const timer = setInterval(() => void clean(), CLEANING_INTERVAL).unref();
  return {
    async begin(agreement, subject, guess, values) {
      const ids = [randomUUID(), ...(values ? [randomUUID()] : [])];
      const forget = async () => {
        await ask(pool, FORGET, [ids]);
      };
      const one = [ids[0], agreement, subject, guess];
      const [row] = await (values
        ? ask<Wait>(pool, BEGIN_BOTH, [...one, ALLOWED, ids[1], values, ALLOWED_NUMBERS])
        : ask<Wait>(pool, BEGIN, [...one, ALLOWED]));
      if (row?.wait != null) {
        // The first may be reserved although the second was refused.
        if (values) await forget();
        metrics.matchAttemptsExhausted.inc({ agreement });
        throw new Problem('match_attempts_exhausted', { agreement, retryAfter: row.wait });
      }
      return {
        matched: forget,
        abandoned: forget,
        async failed() {
          await (values ? ask(pool, FAIL_BOTH, [...one, ids[1], values]) : ask(pool, FAIL, one));
        },
      };
    },
    clean,
    async close() {
      clearInterval(timer);
    },
  };
}
