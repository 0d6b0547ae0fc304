/** Changes in how systems must authenticate and bind their tokens, by their agencies' files. */
import type { Catalog, System } from '../catalog.ts';
import type { TermChange } from './agreements.ts';

export interface SystemChange {
  readonly system: string;
  readonly terms: readonly TermChange[];
}

interface Row {
  readonly term: string;
  readonly read: (system: System) => string;
  /** Is a client refused that continues as before? */
  readonly breaks: (before: string, after: string) => boolean;
}

const NONE = '(none)';

const rows: readonly Row[] = [
  { term: 'token_endpoint_auth_method', read: ({ authMethod }) => authMethod, breaks: () => true },
  { term: 'binding', read: ({ binding }) => binding ?? NONE, breaks: (_before, after) => after !== NONE },
  {
    term: 'certificate',
    read: ({ certificate }) => describe(certificate),
    breaks: (before) => before !== NONE,
  },
];

/** Systems of both catalogues, by id. `access.ts` reports the fields of added and removed systems. */
export function compareSystems(before: Catalog, after: Catalog): SystemChange[] {
  const ids = [...after.systems.keys()].filter((id) => before.systems.has(id)).sort();
  return ids.flatMap((system) => {
    const [old, now] = [before.systems.get(system)!, after.systems.get(system)!];
    const terms = rows.flatMap(({ term, read, breaks }): TermChange[] => {
      const change = { before: read(old), after: read(now) };
      if (change.before === change.after) return [];
      return [{ term, ...change, breaks: breaks(change.before, change.after) }];
    });
    return terms.length === 0 ? [] : [{ system, terms }];
  });
}

function describe(certificate: System['certificate']): string {
  if (!certificate) return NONE;
  return Object.entries(certificate)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : value}`)
    .join(', ');
}
