/**
 * What stops for agreements when one catalogue takes the place of another, by the catalogues alone: for a review before it,
 * and for the warning at the moment.
 *
 * | in the new catalogue | reason | what is read of it |
 * |---|---|---|
 * | the agreement is not there | `removed` | calls are refused at once; topics and webhooks are removed after the grace time |
 * | the agreement is there, its stream or entity is not | `narrowed` | the same, of this stream |
 * | fewer fields or rows | `narrowed` | topics and webhooks end at once |
 * | its term is over | `ended` | the same |
 * | more fields or rows | `widened` | a new generation of topics; the old ones end with their retention |
 */
import type { Catalog, StreamGrant } from '../catalog.ts';
import { standingOf } from '../term.ts';

export type EndingReason = 'removed' | 'narrowed' | 'ended' | 'widened';

export interface GrantEnding {
  /** The agreement's number. */
  readonly agreement: string;
  /** Stream and entity: `business.changes.read enterprise`; `undefined`: the agreement grants services only. */
  readonly target: string | undefined;
  readonly reason: EndingReason;
  /** Of every generation; `undefined` without a stream. */
  readonly topics: string | undefined;
  /** When topics and webhooks are removed. */
  readonly when: 'at once' | 'after the grace time' | 'after the retention';
}

/**
 * By agreement and target, sorted.
 * @param now milliseconds since the epoch
 */
export function compareEndings(before: Catalog, after: Catalog, now: number): GrantEnding[] {
  const grants = new Map(after.streamGrants.map((grant) => [keyOf(grant), grant]));
  const ofStreams = before.streamGrants.flatMap((old): GrantEnding[] => {
    const { agreement, stream, entity } = old;
    const verdict = endingOf(old, grants.get(keyOf(old)), after, now);
    if (!verdict) return [];
    const topics = `lienthong.${entity.registry}.${entity.name}.${agreement.number}.g*`;
    return [{ agreement: agreement.number, target: `${stream.name} ${entity.name}`, topics, ...verdict }];
  });
  const named = new Set(ofStreams.map(({ agreement }) => agreement));
  const others = [...before.agreements.keys()]
    .filter((number) => !after.agreements.has(number) && !named.has(number))
    .map(
      (agreement): GrantEnding => ({
        ...{ agreement, target: undefined, topics: undefined, reason: 'removed', when: 'at once' },
      }),
    );
  return [...ofStreams, ...others].sort(
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
  const isOver = (one: StreamGrant) => standingOf(one.agreement, now) === 'expired';
  if (isOver(grant)) return isOver(old) ? undefined : { reason: 'ended', when: 'at once' };
  if (grantsLess(old, grant)) return { reason: 'narrowed', when: 'at once' };
  return old.digest === grant.digest ? undefined : { reason: 'widened', when: 'after the retention' };
}

/** A row is within a scope when it has an allowed value in every dimension. */
function grantsLess(old: StreamGrant, now: StreamGrant): boolean {
  const fields = new Set(now.fields.disclosed);
  const wasWithin = old.scope?.values;
  return (
    old.fields.disclosed.some((field) => !fields.has(field)) ||
    Object.entries(now.scope?.values ?? {}).some(
      ([dimension, values]) => !(wasWithin?.[dimension]?.every((value) => values.includes(value)) ?? false),
    )
  );
}
