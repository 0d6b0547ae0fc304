/** Lists the topics that a new catalogue would remove. The topic keeper later decides with the same function, `fateOf`. */
import type { Catalog, StreamGrant } from '../../../catalog/catalog.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import type { Graces } from '../../relay/graces.ts';
import type { Removal, Removals } from '../../relay/sink.ts';
import { grantsByStream, keyOfStream } from './access/access-rules.ts';
import { fateOf } from './topic-keeper.ts';
import type { TopicLedger, TopicRow } from './topics/topic-ledger.ts';

interface TopicRemovalParts {
  readonly ledger: Pick<TopicLedger, 'existing' | 'held'>;
  readonly revocations: Pick<RevocationCheck, 'has'>;
  readonly graces: Graces;
  /** Milliseconds that a topic is kept after its generation ends. */
  readonly keepFor: number;
}

export function topicRemovals(parts: TopicRemovalParts): Removals {
  const { ledger } = parts;
  return {
    member: 'topics',
    async announce(before, after, agreements, now) {
      const was = grantsByStream(before);
      const is = grantsByStream(after);
      const topics = (await ledger.existing()).filter(({ agreement }) => agreements.has(agreement));
      return topics.flatMap((row) => {
        const key = keyOfStream(row.agreement, row.registry, row.entity);
        return removalOf(parts, row, was.get(key), is.get(key), after, now);
      });
    },
    held: async () =>
      (await ledger.held()).map(({ agreement, topic, heldUntil }) => ({
        ...{ agreement, destination: topic, at: heldUntil.getTime() },
      })),
  };
}

function removalOf(
  { revocations, graces, keepFor }: TopicRemovalParts,
  row: TopicRow,
  was: StreamGrant | undefined,
  is: StreamGrant | undefined,
  after: Catalog,
  now: number,
): Removal[] {
  const { agreement, topic: destination } = row;
  const isRevoked = revocations.has('agreement', agreement);
  const fate = fateOf(row, is, after, { isRevoked, now, graces });
  // The stream's next cursor begins a new generation, in another topic.
  const isReplaced = row.state === 'open' && row.current && is !== undefined && was?.digest !== is.digest;
  const outcome = fate ?? (isReplaced ? ({ to: 'keep' } as const) : undefined);
  if (!outcome || isRevoked) return [];
  switch (outcome.to) {
    case 'hold':
      return [{ agreement, destination, reason: outcome.reason, at: outcome.until }];
    case 'keep':
      return [{ agreement, destination, reason: 'widened', at: now + keepFor }];
    case 'end':
      return outcome.reason === 'revoked'
        ? []
        : [{ agreement, destination, reason: outcome.reason, at: now }];
    case 'resume':
      return [];
  }
}
