/** Renders an ending for people: the systems that lose the grant, and when. */
import type { GrantEnding } from './endings.ts';

/** @returns the grant with the reason, and the effect with its time */
export function renderEnding(ending: GrantEnding): [grant: string, effect: string] {
  const { agreement, target, reason, topics, when, systems } = ending;
  const whose = systems.length > 0 ? ` of ${systems.join(', ')}` : '';
  const effect = topics
    ? `topics ${topics}${reason === 'widened' ? ' of the generation before' : ' and webhooks'}`
    : `calls${whose}, as they were,`;
  return [`${agreement}${target ? ` → ${target}` : ''}: ${reason}`, `${effect} end ${when}`];
}
