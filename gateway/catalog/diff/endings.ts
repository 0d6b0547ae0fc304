/**
 * The grants that end when one catalogue replaces another, computed from the catalogues alone: for a review before the swap, and
 * for the warning at the swap. `lost-calls.ts` compares the calls of services.
 *
 * | in the new catalogue | reason | effect |
 * |---|---|---|
 * | no agreement | `removed` | calls are refused from the swap on; topics and webhooks are removed after the grace time |
 * | the agreement without its stream or entity | `narrowed` | the same, of this stream |
 * | fewer fields or rows | `narrowed` | the same; a new generation of topics begins |
 * | the term is over | `ended` | the same |
 * | the term has yet to begin, or fewer systems may read it | `narrowed` | these systems read nothing from now on; topics stay |
 * | more fields or rows | `widened` | a new generation of topics; the old ones end with their retention |
 */
import type { Catalog, StreamGrant } from '../catalog.ts';
import { termStatus } from '../grant/term.ts';
import { compareCalls, isLess, losers } from './lost-calls.ts';

export type EndingReason = 'removed' | 'narrowed' | 'ended' | 'widened';

export interface GrantEnding {
  /** The agreement's number. */
  readonly agreement: string;
  /**
   * A service, `population.person.lookup@1`, or stream and entity, `business.changes.read enterprise`; `undefined`: the
   * agreement grants nothing.
   */
  readonly target: string | undefined;
  readonly reason: EndingReason;
  /** A pattern for the topics of every generation; `undefined`: no topic ends. */
  readonly topics: string | undefined;
  /** The time at which topics and webhooks are removed, or calls refused. */
  readonly when: 'at once' | 'after the grace time' | 'after the retention';
  /** Systems that lose something, sorted; none when the grant only widens. */
  readonly systems: readonly string[];
}

/**
 * The endings by agreement and target, sorted.
 * @param now milliseconds since the epoch
 */
export function compareEndings(before: Catalog, after: Catalog, now: number): GrantEnding[] {
  const grants = new Map(after.streamGrants.map((grant) => [keyOf(grant), grant]));
  const ofStreams = before.streamGrants.flatMap((old): GrantEnding[] => {
    const { agreement, stream, entity } = old;
    const target = `${stream.name} ${entity.name}`;
    const grant = grants.get(keyOf(old));
    const verdict = endingOf(old, grant, after, now);
    if (verdict) {
      const topics = `lienthong.${entity.registry}.${entity.name}.${agreement.number}.g*`;
      const systems = verdict.reason === 'widened' ? [] : [...old.systems].sort();
      return [{ agreement: agreement.number, target, topics, ...verdict, systems }];
    }
    const left = grant && termStatus(grant.agreement, now) === 'in_force' ? grant.systems : [];
    const systems = losers(old.systems, left, before, after);
    if (systems.length === 0 || termStatus(agreement, now) !== 'in_force') return [];
    const narrowed = { reason: 'narrowed', when: 'at once' } as const;
    return [{ agreement: agreement.number, target, topics: undefined, ...narrowed, systems }];
  });
  const ofServices = compareCalls(before, after, now).map(
    ({ service, ...lost }): GrantEnding => ({ ...lost, target: service, topics: undefined, when: 'at once' }),
  );
  const found = [...ofStreams, ...ofServices];
  const named = new Set(found.map(({ agreement }) => agreement));
  const others = [...before.agreements.keys()]
    .filter((number) => !after.agreements.has(number) && !named.has(number))
    .map(
      (agreement): GrantEnding => ({
        ...{
          agreement,
          target: undefined,
          topics: undefined,
          reason: 'removed',
          when: 'at once',
          systems: [],
        },
      }),
    );
  return [...found, ...others].sort(
    (a, b) => a.agreement.localeCompare(b.agreement) || (a.target ?? '').localeCompare(b.target ?? ''),
  );
}

const keyOf = ({ agreement, entity }: StreamGrant): string =>
  `${agreement.number}/${entity.registry}/${entity.name}`;

function endingOf(
  old: StreamGrant,
  grant: StreamGrant | undefined,
  { agreements }: Catalog,
  now: number,
): Pick<GrantEnding, 'reason' | 'when'> | undefined {
  if (!grant) {
    const reason = agreements.has(old.agreement.number) ? 'narrowed' : 'removed';
    return { reason, when: 'after the grace time' };
  }
  const isOver = (one: StreamGrant) => termStatus(one.agreement, now) === 'expired';
  if (isOver(grant)) return isOver(old) ? undefined : { reason: 'ended', when: 'after the grace time' };
  if (isLess(grant, old)) return { reason: 'narrowed', when: 'after the grace time' };
  return old.digest === grant.digest ? undefined : { reason: 'widened', when: 'after the retention' };
}
