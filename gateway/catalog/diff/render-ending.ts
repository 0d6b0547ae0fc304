/** What one catalogue ends in place of another, for people: by whom it is lost, and when. */
import type { GrantEnding } from './endings.ts';

/** @returns whose grant ends and why, and what ends when */
export function renderEnding(ending: GrantEnding): [grant: string, effect: string] {
  const { agreement, target, reason, topics, when, systems } = ending;
  const whose = systems.length > 0 ? ` of ${systems.join(', ')}` : '';
  const what = topics
    ? `topics ${topics}${reason === 'widened' ? ' of the generation before' : ' and webhooks'}`
    : `calls${whose}, as they were,`;
  return [`${agreement}${target ? ` → ${target}` : ''}: ${reason}`, `${what} end ${when}`];
}
