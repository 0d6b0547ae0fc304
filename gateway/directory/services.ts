/** Lists the services that a system may use, and the reasons why it may not use others: the document of `GET /v1/catalog/services`. */
import type { Agreement, Catalog, Grant, Service, Stream, StreamGrant } from '../catalog/catalog.ts';
import { type HowToAsk, howToAsk } from './how-to-ask.ts';
import { type Granted, type QuotaTerms, type Terms, termsOf } from './terms.ts';

/** The reason why a system may not use a service; each is also a problem's code. */
type Reason = 'no_agreement' | 'agreement_expired' | 'agreement_not_yet_valid';

type Permission = { readonly allowed: true } | { readonly allowed: false; readonly reason: Reason };

type Entry = Permission & {
  /** Agreements that name the service, in force or not; several when their purposes or terms differ. */
  readonly agreements: readonly Terms[];
  readonly howToAsk?: HowToAsk;
};

export type ServiceEntry = Entry &
  Pick<Service, 'version' | 'registry' | 'kind' | 'title' | 'description' | 'method' | 'path'> & {
    /** The scope of a token for it. */
    readonly service: string;
  };

export type StreamEntry = Entry & {
  /** The scope of a token for it. */
  readonly stream: string;
  readonly registry: string;
  readonly entity: string;
};

export interface OwnServices {
  readonly services: readonly ServiceEntry[];
  readonly streams: readonly StreamEntry[];
}

/** Asks for the rest of an agreement's quota. */
export type Remaining = (agreement: Agreement) => Promise<QuotaTerms['remaining']>;

/**
 * @param now milliseconds since the epoch
 * @throws the error of `remaining`
 */
export async function ownServices(
  catalog: Catalog,
  system: string,
  now: number,
  remaining: Remaining,
): Promise<OwnServices> {
  const grants = catalog.grants.get(system);
  const feeds = catalog.feeds.get(system);
  const left = await remainders([...(grants?.values() ?? []), ...(feeds?.values() ?? [])].flat(), remaining);
  const entryOf = (granted: readonly Granted[], registry: string): Entry => {
    const agreements = granted.map((one) => termsOf(one, now, left.get(one.agreement)));
    const permission = permissionOf(agreements);
    return {
      ...permission,
      agreements,
      ...(!permission.allowed && { howToAsk: howToAsk(catalog, registry) }),
    };
  };
  return {
    services: [...catalog.services.values()].map((service) =>
      serviceEntry(service, entryOf(grants?.get(service.key) ?? [], service.registry)),
    ),
    streams: [...catalog.streams.values()].flatMap((stream) => {
      const granted = feeds?.get(stream.registry) ?? [];
      return [...stream.entities.keys()].map((entity) =>
        streamEntry(stream, entity, entryOf(grantsOf(granted, entity), stream.registry)),
      );
    }),
  };
}

/** The rest of each agreement's quota, asked for once however many services the agreement names. */
async function remainders(
  grants: readonly (Grant | StreamGrant)[],
  remaining: Remaining,
): Promise<Map<Agreement, QuotaTerms['remaining']>> {
  const limited = [...new Set(grants.map(({ agreement }) => agreement))].filter(({ quota }) => quota);
  return new Map(
    await Promise.all(limited.map(async (agreement) => [agreement, await remaining(agreement)] as const)),
  );
}

function permissionOf(agreements: readonly Terms[]): Permission {
  if (agreements.some(({ standing }) => standing === 'in_force')) return { allowed: true };
  const reason = agreements.some(({ standing }) => standing === 'not_yet_valid')
    ? 'agreement_not_yet_valid'
    : 'agreement_expired';
  return { allowed: false, reason: agreements.length === 0 ? 'no_agreement' : reason };
}

function serviceEntry(service: Service, entry: Entry): ServiceEntry {
  const { name, version, registry, kind, title, description, method, path } = service;
  return { service: name, version, registry, kind, title, description, method, path, ...entry };
}

function streamEntry({ name, registry }: Stream, entity: string, entry: Entry): StreamEntry {
  return { stream: name, registry, entity, ...entry };
}

function grantsOf(grants: readonly StreamGrant[], entity: string): Granted[] {
  return grants
    .filter((grant) => grant.entity.name === entity)
    .map(({ agreement, fields, scope }) => ({ agreement, fields, scopeValues: scope?.values }));
}
