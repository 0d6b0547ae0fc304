/**
 * Provinces in the scope of an agreement that a merger changed. Nothing is widened that was agreed: a former province's code covers
 * what is recorded under that code and no more, and one of today covers what was merged into it before the agreement began. What may
 * not be what was meant is a warning. Where records have codes of today alone, as those of land have, there is nothing to warn of.
 */
import { codesOfProvince, FORMER_PROVINCES, provinceToday } from '../../../adapters/values/provinces.ts';
import type { Finding, SourceFile } from '../read/document.ts';

const PROVINCE = 'provinceCode';

interface Scoped {
  readonly scope?: Readonly<Record<string, readonly string[]>>;
}

/** An agreement as its file says it. */
interface Source extends Scoped {
  readonly validFrom: string;
  readonly services?: readonly (Scoped & Service)[];
  readonly streams?: readonly (Scoped & Stream)[];
}

interface Service {
  readonly service: string;
}

interface Stream {
  readonly stream: string;
  readonly entity: string;
}

/** May a record of this service or stream have this code? Those of land have codes of today alone. */
type MayHave = (entry: Service | Stream, code: string) => boolean;

/** @returns a warning for each place of a scope that names such a province */
export function mergedProvinces(source: Source, file: SourceFile, mayHave: MayHave): Finding[] {
  const { services = [], streams = [], validFrom } = source;
  const of = (at: string, scope: Scoped['scope'], entries: readonly (Service | Stream)[]) => {
    const named = scope?.[PROVINCE] ?? [];
    const isRecorded = (former: string) => entries.some((entry) => mayHave(entry, former));
    return named.flatMap((code, index) => {
      const message = warningOf(code, named, validFrom, isRecorded);
      return message ? file.finding(`${at}/scope/${PROVINCE}/${index}`, message) : [];
    });
  };
  const common = [...services, ...streams].filter(({ scope }) => !scope);
  return [
    ...of('', source.scope, common),
    ...services.flatMap((service, index) => of(`/services/${index}`, service.scope, [service])),
    ...streams.flatMap((stream, index) => of(`/streams/${index}`, stream.scope, [stream])),
  ];
}

/**
 * Does a scope name the province of today beside the former one? Then both are meant, and where no record has the former code it
 * covers nothing, and is no mistake.
 * @param named all codes of the scope
 */
export function isBesideToday(dimension: string, code: string, named: readonly string[]): boolean {
  return dimension === PROVINCE && FORMER_PROVINCES.has(code) && named.includes(provinceToday(code));
}

/** @param isRecorded may a record that the scope is for have this former code? */
function warningOf(
  code: string,
  named: readonly string[],
  validFrom: string,
  isRecorded: (former: string) => boolean,
): string | undefined {
  const merger = FORMER_PROVINCES.get(code);
  if (merger) {
    if (isBesideToday(PROVINCE, code, named) || !isRecorded(code)) return undefined;
    return `province ${code} was merged into ${merger.into} on ${merger.since}: only what is still recorded under ${code} is covered`;
  }
  const meant = codesOfProvince(code, validFrom);
  const left = codesOfProvince(code).filter(
    (one) => !meant.includes(one) && !named.includes(one) && isRecorded(one),
  );
  if (left.length === 0) return undefined;
  const { since } = FORMER_PROVINCES.get(left[0]!)!;
  return (
    `province ${code} took over ${left.join(', ')} on ${since}, after the agreement began: what is still recorded under ` +
    `those codes is covered only where the scope names them, what was recorded under ${code} since is covered`
  );
}
