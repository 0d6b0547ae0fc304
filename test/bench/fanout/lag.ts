/**
 * Did everybody get everything of its agreement, in the order of the outbox, once, and nothing else, and how long after the
 * provider got the answer that the change is stored?
 */
import type { FollowedAgreement } from './catalogue.ts';
import { provinceOf } from './changes.ts';
import type { Received } from './job.ts';

export interface Lag {
  readonly subscribers: number;
  /** Events that were measured. */
  readonly events: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** How often somebody lost the connection, and came back. */
  readonly cuts: number;
}

/** The changes of an agreement, by their numbers, in the order of the outbox. */
export const expectedOf = ({ provinces }: FollowedAgreement, outbox: readonly number[]): number[] =>
  outbox.filter((serial) => provinces.includes(provinceOf(serial)));

/** @throws Error naming what somebody got that it should not, or did not get */
export function requireAll(
  what: string,
  { serials, faults, sample }: Received,
  { number }: FollowedAgreement,
  expected: readonly number[],
): void {
  const [fault] = faults;
  if (fault) throw new Error(`${what} under ${number}: ${fault}`);
  const wrong = expected.findIndex((serial, index) => serials[index] !== serial);
  if (wrong >= 0) {
    throw new Error(
      `${what} under ${number}: event ${wrong + 1} of ${serials.length} is of change ${serials[wrong]}, not ${expected[wrong]}`,
    );
  }
  if (serials.length !== expected.length) {
    throw new Error(`${what} under ${number}: ${serials.length} events instead of ${expected.length}`);
  }
  if (!sample.includes(`"agreement":"${number}"`))
    throw new Error(`${what} under ${number}: of another agreement`);
}

/**
 * @param acknowledgedAt by change: when its push was answered; those from `from` on are measured
 */
export function lagOf(
  received: readonly Received[],
  acknowledgedAt: ReadonlyMap<number, number>,
  from: number,
): Lag {
  const lags = Float64Array.from(
    received.flatMap(({ serials, arrivedAt }) =>
      Array.from(serials, (serial, index) => ({ serial, at: arrivedAt[index]! }))
        .filter(({ serial }) => serial >= from)
        // Who hears of it before the provider does is not behind.
        .map(({ serial, at }) => Math.max(0, at - acknowledgedAt.get(serial)!)),
    ),
  ).sort();
  const percentile = (share: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))]!;
  return {
    subscribers: received.length,
    events: lags.length,
    p50: percentile(0.5),
    p99: percentile(0.99),
    worst: lags.at(-1)!,
    cuts: received.reduce((sum, { cuts }) => sum + cuts, 0),
  };
}
