/**
 * The caller's own view of the catalogue, for every system that has a token, whatever its scope.
 *
 *   GET /v1/catalog/services   the services that this system may use, with fields, purposes, headers and the rest of each
 *                              quota; for the others, the reason and how to ask
 *   GET /v1/catalog/agencies   the agencies that take part, and the registries that each holds
 *
 * The view takes nothing from an agreement's rate or quota: each system has a separate rate for it.
 */
import type { Quotas } from '../admission/quota.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Caller } from '../identity/caller.ts';
import type { RouteSchema } from '../operation/route-schema.ts';
import { agencies } from './agencies.ts';
import { agenciesSchema, ownServicesSchema } from './schemas.ts';
import { ownServices } from './services.ts';

interface DirectoryParts {
  readonly catalog: Catalog;
  readonly quotas: Pick<Quotas, 'remaining'>;
}

/** For each system: the remainder of a quota costs a query of PostgreSQL. */
const rate = { name: 'catalog', perSecond: 2, burst: 10 };

/** One document of the view. */
export interface DirectoryView {
  readonly url: string;
  /** Its name in metrics and in the log. */
  readonly service: string;
  readonly rate: typeof rate;
  readonly schema: RouteSchema;
  readonly view: (caller: Caller) => Promise<object>;
}

export function directoryViews({ catalog, quotas }: DirectoryParts): DirectoryView[] {
  return [
    {
      ...{ url: '/v1/catalog/services', service: 'catalog.services', rate, schema: ownServicesSchema },
      view: ({ system }) =>
        ownServices(catalog, system, Date.now(), (agreement) => quotas.remaining(agreement)),
    },
    {
      ...{ url: '/v1/catalog/agencies', service: 'catalog.agencies', rate, schema: agenciesSchema },
      view: async () => ({ agencies: agencies(catalog) }),
    },
  ];
}
