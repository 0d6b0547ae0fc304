/** The port of the subscriber side: how changes reach one system. Each way is one file, and one row of `subscribers.ts`. */
import type { TokenClient } from '../../../../gateway/client/client.ts';
import type { TestAgreement } from '../agreements.ts';
import type { Delivery } from '../ledger.ts';

export interface Surroundings {
  /** The agencies' address. */
  readonly url: string;
  readonly brokers: readonly string[];
  /** Signs in as a system. */
  client(system: string): Promise<TokenClient>;
}

export interface Subscriber {
  readonly name: string;
  readonly agreement: TestAgreement;
  /**
   * Begins to follow, from the very first change. It MUST go on after whatever happens to its connections, as the
   * documents ask of subscribers, and MUST hand over what comes in the order in which it came.
   * @param take called with each event, also with repeated ones
   * @returns how to stop
   */
  follow(around: Surroundings, take: (delivery: Delivery) => void): Promise<() => Promise<void>>;
}

/** Follows until `signal` aborts; rejects for an answer that no fault excuses. */
export type Follow = (
  around: Surroundings,
  agreement: TestAgreement,
  take: (delivery: Delivery) => void,
  signal: AbortSignal,
) => Promise<void>;

/** A subscriber that polls. Its error is reported when it is stopped. */
export function asking(way: string, agreement: TestAgreement, follow: Follow): Subscriber {
  return {
    name: `${way}, ${agreement.agreement}`,
    agreement,
    async follow(around, take) {
      const stop = new AbortController();
      const following = follow(around, agreement, take, stop.signal);
      following.catch(() => {});
      return async () => {
        stop.abort();
        await following;
      };
    },
  };
}
