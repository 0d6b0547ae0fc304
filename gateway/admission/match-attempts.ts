/**
 * Failed matches, limited per agreement and looked-up person: 5 in 24 hours, all replicas together.
 *
 * Who may ask "is this person's name X?" could try out names. An attempt is reserved before the registry is asked, so
 * that guesses sent at the same time cannot slip past the count: it is refused when the failures of the last 24 hours
 * and the different guesses under way make five. Equal guesses share one answer, so that a correct value that many
 * ask for at once is never refused for that. A guess that fails again counts once: it tells nothing new.
 */
import { randomUUID } from 'node:crypto';
import { Problem } from '../errors.ts';
import type { Log } from '../operations/log.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { Pool } from '../store/pool.ts';
import { ask } from './ask.ts';

export interface MatchAttempts {
  /**
   * Reserves an attempt. Every attempt MUST be ended by one of its three methods, before its answer leaves; one that
   * is not stops counting after 60 seconds.
   * @param subject keyed hash of the person's number
   * @param guess keyed hash of what the person is compared with, the same for all spellings of it
   * @throws Problem `match_attempts_exhausted`, with `retryAfter`; Problem `store_unavailable`
   */
  begin(agreement: string, subject: Buffer, guess: Buffer): Promise<MatchAttempt>;
  /** Deletes what no longer counts. Called every hour by itself; never rejects. */
  clean(): Promise<void>;
  close(): Promise<void>;
}

/** Each method rejects with Problem `store_unavailable` when PostgreSQL is away. */
export interface MatchAttempt {
  /** It matched: leaves no trace. */
  matched(): Promise<void>;
  /** It did not match, or there is no such person: which of them, nobody must be able to tell. Durable. */
  failed(): Promise<void>;
  /** The registry gave no answer: nothing was learnt, nothing counts. */
  abandoned(): Promise<void>;
}

export interface MatchAttemptsOptions {
  readonly pool: Pool;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Failures in 24 hours. The times are in the SQL: PostgreSQL's clock is the one that all replicas share. */
const ALLOWED = 5;
const CLEANING_INTERVAL = 3_600_000;

const BEGIN = 'SELECT begin_match_attempt($1, $2, $3, $4, $5) AS wait';
const FORGET = 'DELETE FROM match_attempt WHERE id = $1';
/**
 * Counts a failure, also when the reservation is gone; the same guess once in 24 hours.
 * @param values of id, agreement, subject and guess, as SQL: the probe of the store (`probe-store.ts`) tries the same
 */
export const failedMatch = (...[id, agreement, subject, guess]: [string, string, string, string]): string => `
  WITH attempt AS (DELETE FROM match_attempt WHERE id = ${id})
  INSERT INTO match_failure (agreement, subject, guess) VALUES (${agreement}, ${subject}, ${guess})
  ON CONFLICT (agreement, subject, guess)
  DO UPDATE SET at = now() WHERE match_failure.at <= now() - interval '24 hours'`;
const FAIL = failedMatch('$1', '$2', '$3', '$4');

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
    async begin(agreement, subject, guess) {
      const id = randomUUID();
      const [row] = await ask<{ wait: number | null }>(pool, BEGIN, [id, agreement, subject, guess, ALLOWED]);
      if (row?.wait != null) {
        metrics.matchAttemptsExhausted.inc({ agreement });
        throw new Problem('match_attempts_exhausted', { agreement, retryAfter: row.wait });
      }
      const forget = async () => {
        await ask(pool, FORGET, [id]);
      };
      return {
        matched: forget,
        abandoned: forget,
        async failed() {
          await ask(pool, FAIL, [id, agreement, subject, guess]);
        },
      };
    },
    clean,
    async close() {
      clearInterval(timer);
    },
  };
}
