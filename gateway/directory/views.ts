/**
 * The caller's own view of the catalogue, for every system that has a token, whatever its scope.
 *
 *   GET /v1/catalog/services   what this system may use, with fields, purposes, headers and what is left of its quota;
 *                              and for the rest, why not, and how to ask
 *   GET /v1/catalog/agencies   who takes part, and who holds which registry
 *
 * It takes nothing from an agreement's rate or quota; it has a rate of its own, for each system.
 */
import type { Quotas } from '../admission/quota.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Caller } from '../identity/caller.ts';
import { agencies } from './agencies.ts';
import { ownServices } from './services.ts';

interface DirectoryParts {
  readonly catalog: Catalog;
  readonly quotas: Pick<Quotas, 'remaining'>;
}

/** Of one system. What is left of quotas is asked of PostgreSQL. */
const rate = { name: 'catalog', perSecond: 2, burst: 10 };

/** One document of the view. */
export interface DirectoryView {
  readonly url: string;
  /** As metrics and the log name it. */
  readonly service: string;
  readonly rate: typeof rate;
  readonly view: (caller: Caller) => Promise<object>;
}

export function directoryViews({ catalog, quotas }: DirectoryParts): DirectoryView[] {
  return [
    {
      ...{ url: '/v1/catalog/services', service: 'catalog.services', rate },
      view: ({ system }) =>
        ownServices(catalog, system, Date.now(), (agreement) => quotas.remaining(agreement)),
    },
    {
      ...{ url: '/v1/catalog/agencies', service: 'catalog.agencies', rate },
      view: async () => ({ agencies: agencies(catalog) }),
    },
  ];
}
