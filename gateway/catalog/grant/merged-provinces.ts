/**
 * Warns of merged provinces in the scope of an agreement. A merger widens no scope: a former province's code covers only records
 * under that code, and a province of today covers those that were merged into it before the agreement began. A scope that may
 * not mean this gets a warning. Records with codes of today only, such as land records, need none.
 */
import { codesOfProvince, FORMER_PROVINCES, provinceToday } from '../../../adapters/values/provinces.ts';
import type { Finding, SourceFile } from '../read/document.ts';

const PROVINCE = 'provinceCode';

interface Scoped {
  readonly scope?: Readonly<Record<string, readonly string[]>>;
}

/** An agreement as in its file. */
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

/** May a record of this service or stream have this code? Land records have codes of today only. */
type MayHave = (entry: Service | Stream, code: string) => boolean;

/** @returns a warning for each scope value that names such a province */
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
 * Does a scope name the province of today beside the former one? Then both are meant: a former code that no record has covers
 * nothing, and is no mistake.
 * @param named all codes of the scope
 */
export function isBesideToday(dimension: string, code: string, named: readonly string[]): boolean {
  return dimension === PROVINCE && FORMER_PROVINCES.has(code) && named.includes(provinceToday(code));
}

/** @param isRecorded may a record under this scope have this former code? */
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
