/**
 * The endings that a catalogue would bring, before it goes live: each names the destinations that will be removed, and when. Each
 * sink announces its own (`removals` of `relay/sink.ts`).
 */
import type { Catalog } from '../catalog/catalog.ts';
import { compareEndings, type EndingReason } from '../catalog/diff/endings.ts';
import { termStatus } from '../catalog/grant/term.ts';
import type { Ending } from '../catalog/live/live.ts';
import type { ChangeSink, Removal, Removals } from './relay/sink.ts';

type Removing = Pick<ChangeSink, 'removals'>;

/** A removal, and the member of an ending that lists it. */
interface ListedRemoval extends Removal {
  readonly member: Removals['member'];
}

/**
 * The endings when `after` replaces `before`. The sinks are queried only if a grant ends.
 * @param now milliseconds since the epoch
 * @throws PostgreSQL's errors
 */
export async function endingsOf(
  sinks: readonly Removing[],
  before: Catalog,
  after: Catalog,
  now: number,
): Promise<Ending[]> {
  const compared = compareEndings(before, after, now);
  if (compared.length === 0) return [];
  const touched = new Set(compared.map(({ agreement }) => agreement));
  const removals: ListedRemoval[] = [];
  for (const { member, announce } of removalsOf(sinks)) {
    for (const removal of await announce(before, after, touched, now)) removals.push({ ...removal, member });
  }
  return groupEndings(compared, removals, now);
}

/**
 * The destinations that wait for a grant to come back, by agreement and moment.
 * @param now milliseconds since the epoch
 * @throws PostgreSQL's errors
 */
export async function heldNow(
  sinks: readonly Removing[],
  { agreements }: Pick<Catalog, 'agreements'>,
  now: number,
): Promise<Ending[]> {
  const reasonOf = (number: string): EndingReason => {
    const agreement = agreements.get(number);
    if (!agreement) return 'removed';
    return termStatus(agreement, now) === 'expired' ? 'ended' : 'narrowed';
  };
  const removals: ListedRemoval[] = [];
  for (const { member, held } of removalsOf(sinks)) {
    for (const one of await held()) removals.push({ ...one, member, reason: reasonOf(one.agreement) });
  }
  return groupEndings([], removals, 0);
}

const removalsOf = (sinks: readonly Removing[]): Removals[] =>
  sinks.flatMap(({ removals }) => removals ?? []);

/** By agreement, reason and moment. An agreement without topic and webhook is listed too, for the calls that it no longer grants. */
function groupEndings(
  compared: ReturnType<typeof compareEndings>,
  removals: readonly ListedRemoval[],
  now: number,
): Ending[] {
  const groups = Map.groupBy(removals, ({ agreement, reason, at }) => `${agreement} ${reason} ${at}`);
  const lostBy = (agreement: string, reason: EndingReason) => {
    const those = compared.filter((one) => one.agreement === agreement && one.reason === reason);
    const targets = those.flatMap(({ target }) => target ?? []);
    const isStream = (target: string) => target.includes(' '); // stream and entity
    return {
      streams: targets.filter(isStream),
      services: targets.filter((target) => !isStream(target)),
      systems: [...new Set(those.flatMap(({ systems }) => systems))].sort(),
    };
  };
  const endings = [...groups.values()].map((members): Ending => {
    const { agreement, reason, at } = members[0]!;
    return {
      ...{ agreement, reason, ...lostBy(agreement, reason) },
      topics: destinationsIn('topics', members),
      webhooks: destinationsIn('webhooks', members),
      at: new Date(at).toISOString(),
    };
  });
  const named = new Set(endings.map(({ agreement, reason }) => `${agreement} ${reason}`));
  for (const { agreement, reason } of compared) {
    if (named.has(`${agreement} ${reason}`)) continue;
    named.add(`${agreement} ${reason}`);
    endings.push({
      ...{ agreement, reason, ...lostBy(agreement, reason), topics: [], webhooks: [] },
      at: new Date(now).toISOString(),
    });
  }
  return endings.sort((a, b) => a.agreement.localeCompare(b.agreement) || a.at.localeCompare(b.at));
}

const destinationsIn = (listed: Removals['member'], removals: readonly ListedRemoval[]): string[] =>
  removals.flatMap(({ member, destination }) => (member === listed ? [destination] : []));
