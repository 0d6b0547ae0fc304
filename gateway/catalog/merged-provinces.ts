/**
 * Provinces in the scope of an agreement that a merger changed. Nothing is widened that was agreed: a former province's code covers
 * what is recorded under that code and no more, and one of today covers what was merged into it before the agreement began. What may
 * not be what was meant is a warning.
 */
import { codesOfProvince, FORMER_PROVINCES, provinceToday } from '../../adapters/provinces.ts';
import type { Finding, SourceFile } from './document.ts';

const PROVINCE = 'provinceCode';

interface Scoped {
  readonly scope?: Readonly<Record<string, readonly string[]>>;
}

/** An agreement as its file says it. */
interface Source extends Scoped {
  readonly validFrom: string;
  readonly services?: readonly Scoped[];
  readonly streams?: readonly Scoped[];
}

/** @returns a warning for each place of a scope that names such a province */
export function mergedProvinces(source: Source, file: SourceFile): Finding[] {
  const { services = [], streams = [], validFrom } = source;
  const of = (at: string, { scope }: Scoped) => {
    const named = scope?.[PROVINCE] ?? [];
    return named.flatMap((code, index) => {
      const message = warningOf(code, named, validFrom);
      return message ? file.finding(`${at}/scope/${PROVINCE}/${index}`, message) : [];
    });
  };
  return [
    ...of('', source),
    ...services.flatMap((service, index) => of(`/services/${index}`, service)),
    ...streams.flatMap((stream, index) => of(`/streams/${index}`, stream)),
  ];
}

/** @param named all codes of the scope: a former one beside that of today says that both are meant */
function warningOf(code: string, named: readonly string[], validFrom: string): string | undefined {
  const merger = FORMER_PROVINCES.get(code);
  if (merger) {
    if (named.includes(provinceToday(code))) return undefined;
    return `province ${code} was merged into ${merger.into} on ${merger.since}: only what is still recorded under ${code} is covered`;
  }
  const meant = codesOfProvince(code, validFrom);
  const left = codesOfProvince(code).filter((one) => !meant.includes(one) && !named.includes(one));
  if (left.length === 0) return undefined;
  const { since } = FORMER_PROVINCES.get(left[0]!)!;
  return (
    `province ${code} took over ${left.join(', ')} on ${since}, after the agreement began: what is still recorded under ` +
    `those codes is covered only where the scope names them, what was recorded under ${code} since is covered`
  );
}
