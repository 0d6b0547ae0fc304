/**
 * Provinces in the scope of an agreement that a merger changed. Nothing is widened that was agreed: a former province's code covers
 * what is recorded under that code and no more, and one of today covers all that was merged into it. What may not be what was meant is a
 * warning.
 */
import { codesOfProvince, FORMER_PROVINCES } from '../../adapters/provinces.ts';
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
  const of = (at: string, { scope }: Scoped) =>
    (scope?.[PROVINCE] ?? []).flatMap((code, index) => {
      const message = warningOf(code, validFrom);
      return message ? file.finding(`${at}/scope/${PROVINCE}/${index}`, message) : [];
    });
  return [
    ...of('', source),
    ...services.flatMap((service, index) => of(`/services/${index}`, service)),
    ...streams.flatMap((stream, index) => of(`/streams/${index}`, stream)),
  ];
}

function warningOf(code: string, validFrom: string): string | undefined {
  const merger = FORMER_PROVINCES.get(code);
  if (merger) {
    return `province ${code} was merged into ${merger.into} on ${merger.since}: only what is still recorded under ${code} is covered`;
  }
  const grown = codesOfProvince(code).find(
    (former) => validFrom < (FORMER_PROVINCES.get(former)?.since ?? ''),
  );
  if (grown === undefined) return undefined;
  const { since } = FORMER_PROVINCES.get(grown)!;
  return `province ${code} took over others on ${since}, after the agreement began: all of them are covered`;
}
