/**
 * Agreements whose term is over, or ends soon. A mistake in `validUntil` takes calls and streams from an agency, and deleted
 * topics cannot be restored after the grace time.
 */
import { DAY } from '../../../adapters/values/vietnam-clock.ts';
import type { Agreement, Catalog } from '../catalog.ts';
import { daysOf, termStatus } from '../grant/term.ts';
import type { Finding, SourceFile } from '../read/document.ts';

/** Days of notice before an agreement's last one: enough to agree on another. */
const NOTICE_DAYS = 30;

/** An agreement that has ended, or ends within thirty days. */
export interface TermEnding {
  /** The agreement's number. */
  readonly agreement: string;
  readonly consumer: string;
  /** Its last day, by Vietnam's clock. */
  readonly validUntil: string;
  readonly hasEnded: boolean;
  /** Topics that end with it, of every generation: `lienthong.business.enterprise.TT-1.g*`. */
  readonly topics: readonly string[];
}

/** By their ends, the earliest first. @param now milliseconds since the epoch */
export function termEndings({ agreements, streamGrants }: Catalog, now: number): TermEnding[] {
  const topicsOf = Map.groupBy(streamGrants, ({ agreement }) => agreement.number);
  const ends = ({ validUntil }: Agreement) => validUntil < now + NOTICE_DAYS * DAY;
  return [...agreements.values()]
    .filter(ends)
    .sort((a, b) => a.validUntil - b.validUntil)
    .map((agreement) => ({
      agreement: agreement.number,
      consumer: agreement.consumer,
      validUntil: daysOf(agreement).validUntil,
      hasEnded: termStatus(agreement, now) === 'expired',
      topics: (topicsOf.get(agreement.number) ?? []).map(
        ({ entity }) => `lienthong.${entity.registry}.${entity.name}.${agreement.number}.g*`,
      ),
    }));
}

/** The same as warnings, each with the line of its `validUntil`. @param files the catalogue's sources */
export function termWarnings(catalog: Catalog, files: readonly SourceFile[], now: number): Finding[] {
  const fileOf = new Map(files.map((file) => [(file.value as { agreement?: string }).agreement, file]));
  return termEndings(catalog, now).flatMap((ending) => {
    const { agreement, hasEnded, validUntil, topics } = ending;
    const removal =
      topics.length > 0
        ? `; TOPIC_GRACE_HOURS later topics ${topics.join(', ')} are deleted and webhooks end`
        : '';
    const message = `${agreement} ${hasEnded ? 'has ended' : 'ends'} on ${validUntil}: its calls are refused${removal}`;
    return fileOf.get(agreement)?.finding('/validUntil', message) ?? [];
  });
}
