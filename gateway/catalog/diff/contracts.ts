/** Contracts that are added, removed or changed, and the systems that a change breaks. */
import type { Catalog, FieldPath, Service, StreamEntity } from '../catalog.ts';
import { compareSchemas, type Direction } from './compatibility.ts';
import { constraintsOf } from './schema.ts';

export interface ContractChange {
  /** `population.person.lookup@1`, or a stream's name and entity. */
  readonly contract: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly details: readonly ContractDetail[];
}

export interface ContractDetail {
  /** `request /birthDate`, `answer /name`, `path`, … */
  readonly at: string;
  readonly message: string;
  readonly breaks: boolean;
  /** For a breaking change: the systems that use the changed part, by the old agreements. */
  readonly affects: readonly string[];
}

/** By name, sorted. A change breaks even without users today: later users rely on the contract too. */
export function compareContracts(before: Catalog, after: Catalog): ContractChange[] {
  return [...compareServices(before, after), ...compareStreams(before, after)].sort((a, b) =>
    a.contract.localeCompare(b.contract),
  );
}

/** A system, and the fields that a contract discloses to it. */
interface User {
  readonly system: string;
  readonly disclosed: readonly FieldPath[];
}

function compareServices(before: Catalog, after: Catalog): ContractChange[] {
  const users = usersOfServices(before);
  return unionOf(before.services, after.services).flatMap(([key, old, now]) => {
    const subscribers = users.get(key) ?? [];
    if (!old) return [added(key)];
    if (!now) return [removed(key, subscribers)];
    return changed(key, [
      ...compareTerms(old, now, subscribers),
      ...details('request', fileOf(old.requestSchema), fileOf(now.requestSchema), before, after, subscribers),
      ...details(
        'answer',
        fileOf(old.responseSchema),
        fileOf(now.responseSchema),
        before,
        after,
        subscribers,
      ),
    ]);
  });
}

function compareStreams(before: Catalog, after: Catalog): ContractChange[] {
  const users = usersOfStreams(before);
  const providers = usersOfServices(before);
  return unionOf(entitiesOf(before), entitiesOf(after)).flatMap(([key, old, now]) => {
    const subscribers = users.get(key) ?? [];
    if (!old) return [added(key)];
    if (!now) return [removed(key, subscribers)];
    // Publishers write the entity, and subscribers read it.
    const publishers = [...before.services.values()]
      .filter(({ kind, registry }) => kind === 'publish' && registry === old.registry)
      .flatMap(({ key: contract }) => providers.get(contract) ?? [])
      .map(({ system }) => ({ system, disclosed: [''] }));
    const [was, is] = [fileOf(old.schema), fileOf(now.schema)];
    return changed(key, [
      ...compareVersions(old, now, subscribers),
      ...details('answer', was, is, before, after, subscribers),
      ...details('request', was, is, before, after, publishers).map((detail) => ({
        ...detail,
        at: detail.at.replace('request', 'published'),
      })),
    ]);
  });
}

function compareVersions(old: StreamEntity, now: StreamEntity, users: readonly User[]): ContractDetail[] {
  if (old.version === now.version) return [];
  return [detail('events', `their type was v${old.version} and is v${now.version}`, true, namesOf(users))];
}

const terms: readonly {
  readonly at: string;
  readonly read: (service: Service) => string | number | undefined;
  readonly breaks: (old: Service, now: Service) => boolean;
}[] = [
  { at: 'method', read: ({ method }) => method, breaks: () => true },
  { at: 'path', read: ({ path }) => path, breaks: () => true },
  { at: 'deadline', read: ({ deadline }) => `${deadline} ms`, breaks: () => false },
  {
    at: 'bodyLimit',
    read: ({ bodyLimit }) => bodyLimit,
    breaks: (old, now) => now.bodyLimit < old.bodyLimit,
  },
  {
    at: 'matchSubject',
    read: ({ matchSubjects }) => matchSubjects.join(', ') || undefined,
    breaks: () => false,
  },
  // Agreements that use a removed dimension do not load.
  { at: 'scopedBy', read: ({ scopedBy }) => scopedBy.join(', ') || undefined, breaks: () => false },
  {
    at: 'maxVersionStep',
    read: ({ maxVersionStep }) => maxVersionStep,
    breaks: (old, now) => (now.maxVersionStep ?? 0) < (old.maxVersionStep ?? 0),
  },
  {
    at: 'checks that only warn',
    read: ({ warned }) => warned.join(', ') || undefined,
    // Readers relied on a check that only warns now; publishers are refused by a check that only warned before.
    breaks: (old, now) => {
      const [fewer, more] = now.kind === 'publish' ? [now, old] : [old, now];
      return more.warned.some((check) => !fewer.warned.includes(check));
    },
  },
];

function compareTerms(old: Service, now: Service, users: readonly User[]): ContractDetail[] {
  return terms.flatMap(({ at, read, breaks }) => {
    const [was, is] = [read(old), read(now)];
    if (was === is) return [];
    return [detail(at, `was ${was ?? 'none'} and is ${is ?? 'none'}`, breaks(old, now), namesOf(users))];
  });
}

function details(
  direction: Direction,
  was: string,
  is: string,
  before: Catalog,
  after: Catalog,
  users: readonly User[],
): ContractDetail[] {
  const changes = compareSchemas(
    constraintsOf(was, before.schemas),
    constraintsOf(is, after.schemas),
    direction,
  );
  return changes.map(({ path, message, breaks }) => {
    // A change of an answer concerns only the users that get the changed part.
    const concerned =
      direction === 'request'
        ? users
        : users.filter(({ disclosed }) => disclosed.some((leaf) => meets(leaf, path)));
    return detail(`${direction} ${path || '/'}`, message, breaks, namesOf(concerned));
  });
}

/** Is one path above the other, or the same? */
export function meets(leaf: FieldPath, path: FieldPath): boolean {
  return `${leaf}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${leaf}/`);
}

function detail(at: string, message: string, breaks: boolean, affects: readonly string[]): ContractDetail {
  return { at, message, breaks, affects: breaks ? affects : [] };
}

function added(contract: string): ContractChange {
  return { contract, change: 'added', details: [] };
}

function removed(contract: string, users: readonly User[]): ContractChange {
  const gone = detail('contract', 'is removed', true, namesOf(users));
  return { contract, change: 'removed', details: [gone] };
}

function changed(contract: string, found: readonly ContractDetail[]): ContractChange[] {
  return found.length === 0 ? [] : [{ contract, change: 'changed', details: found }];
}

function usersOfServices(catalog: Catalog): Map<string, User[]> {
  const users = new Map<string, User[]>();
  for (const [system, grants] of catalog.grants) {
    for (const [key, list] of grants) {
      const disclosed = list.flatMap(({ fields }) => fields.disclosed);
      users.set(key, [...(users.get(key) ?? []), { system, disclosed }]);
    }
  }
  return users;
}

function usersOfStreams(catalog: Catalog): Map<string, User[]> {
  const users = new Map<string, User[]>();
  for (const { systems, stream, entity, fields } of catalog.streamGrants) {
    const key = `${stream.name} ${entity.name}`;
    const those = systems.map((system) => ({ system, disclosed: fields.disclosed }));
    users.set(key, [...(users.get(key) ?? []), ...those]);
  }
  return users;
}

function entitiesOf(catalog: Catalog): Map<string, StreamEntity> {
  return new Map(
    [...catalog.streams.values()].flatMap(({ name, entities }) =>
      [...entities.values()].map((entity) => [`${name} ${entity.name}`, entity] as const),
    ),
  );
}

function unionOf<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): [key: string, old: T | undefined, now: T | undefined][] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.map((key) => [key, before.get(key), after.get(key)]);
}

function namesOf(users: readonly User[]): string[] {
  return [...new Set(users.map(({ system }) => system))].sort();
}

export function fileOf(schema: object): string {
  return (schema as { readonly $id: string }).$id;
}
