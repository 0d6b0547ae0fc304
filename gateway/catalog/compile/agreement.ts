/** One agreement file -> the Agreement with its Grants and StreamGrants. */
import { hash } from 'node:crypto';
import { granted } from '../../circumstances/circumstances.ts';
import type { Agreement, Grant, Scope, Service, StreamGrant } from '../catalog.ts';
import { missing } from '../check/left-out.ts';
import { type FieldNode, find } from '../fields/fields.ts';
import { compileNamePlaces, namesPlaces } from '../fields/place-names.ts';
import type { Projection } from '../fields/projection.ts';
import { compileSubjects } from '../fields/subjects.ts';
import type { Granted } from '../grant/granted.ts';
import { isBesideToday, mergedProvinces } from '../grant/merged-provinces.ts';
import { compileInScope, compileReaches, compileScope, dimensionsOf, widen } from '../grant/scope.ts';
import { termOf } from '../grant/term.ts';
import { escapePointer, type Finding, type SourceFile } from '../read/document.ts';
import type { Contracts } from './contracts.ts';
import type { Parties } from './parties.ts';

type ScopeSource = Readonly<Record<string, readonly string[]>>;

/** As `schemas/catalog/agreement.schema.json` describes it. */
export interface AgreementSource {
  readonly agreement: string;
  readonly title: { readonly vi: string; readonly en: string };
  readonly consumer: string;
  readonly purposes: readonly string[];
  readonly legalBasis: readonly string[];
  readonly validFrom: string;
  readonly validUntil: string;
  readonly requiredHeaders: readonly string[];
  readonly rate?: { readonly perSecond: number; readonly burst?: number };
  readonly quota?: { readonly perDay?: number; readonly perMonth?: number };
  readonly signatures?: Partial<Agreement['signatures']>;
  readonly scope?: ScopeSource;
  readonly services?: readonly {
    readonly service: string;
    readonly revision: number;
    readonly fields: readonly string[];
    readonly scope?: ScopeSource;
  }[];
  readonly streams?: readonly {
    readonly stream: string;
    readonly entity: string;
    readonly revision: number;
    readonly fields: readonly string[];
    readonly scope?: ScopeSource;
  }[];
}

/** The contracts and parties that an agreement may refer to. */
export interface AgreementContext extends Contracts, Parties {
  report(finding: Finding): void;
}

export interface CompiledAgreement {
  readonly agreement: Agreement;
  /** The agreement's systems: one, or all of an agency. */
  readonly systems: readonly string[];
  readonly grants: readonly Grant[];
  readonly streamGrants: readonly StreamGrant[];
  readonly warnings: readonly Finding[];
}

/** Compiles an agreement; reports its errors, and leaves the erroneous parts out. */
export function compileAgreement(
  source: AgreementSource,
  file: SourceFile,
  context: AgreementContext,
): CompiledAgreement {
  const { report } = context;
  const { consumer } = source;
  const systems = context.systems.has(consumer) ? [consumer] : (context.systemsOf.get(consumer) ?? []);
  if (systems.length === 0) {
    const message = `consumer "${consumer}" is neither a system nor an agency with systems`;
    report(missing(file.finding('/consumer', message), consumer, context.unreadable));
  }
  const agreement = agreementOf(source, file, report);
  const followed = new Set<string>();
  for (const [index, { stream, entity }] of (source.streams ?? []).entries()) {
    const name = `${entity} of ${stream}`;
    if (followed.has(name)) report(file.finding(`/streams/${index}`, `${name} is granted twice`));
    followed.add(name);
  }
  const entries = [...(source.services ?? []), ...(source.streams ?? [])];
  if (source.scope && entries.every(({ scope }) => scope)) {
    report(file.finding('/scope', 'restricts nothing: every service and stream has a scope of its own'));
  }
  return {
    agreement,
    systems,
    grants: (source.services ?? []).flatMap(
      (entry, index) => serviceGrant(source, entry, `/services/${index}`, agreement, file, context) ?? [],
    ),
    streamGrants: (source.streams ?? []).flatMap(
      (entry, index) =>
        streamGrant(source, entry, `/streams/${index}`, { agreement, systems }, file, context) ?? [],
    ),
    warnings: mergedProvinces(source, file, (entry, provinceCode) =>
      provincesOf(entry, context).some((field) => context.scopeValue(field, provinceCode) === undefined),
    ),
  };
}

/** The fields that scope the records of a service or stream to provinces. */
function provincesOf(
  entry: { readonly service: string } | { readonly stream: string; readonly entity: string },
  context: AgreementContext,
): FieldNode[] {
  if ('stream' in entry) {
    const entity = context.streams.get(entry.stream)?.entities.get(entry.entity);
    return scopedFields(entity ? [entity.fields] : [], 'provinceCode');
  }
  const service = context.services.get(entry.service);
  return scopedFields(service ? recordsOf(service, context) : [], 'provinceCode');
}

function agreementOf(
  source: AgreementSource,
  file: SourceFile,
  report: (finding: Finding) => void,
): Agreement {
  const { validFrom, validUntil } = termOf(source.validFrom, source.validUntil);
  if (validUntil <= validFrom) report(file.finding('/validUntil', 'validUntil is before validFrom'));
  const agreement: Agreement = Object.freeze<Agreement>({
    number: source.agreement,
    title: source.title,
    consumer: source.consumer,
    purposes: source.purposes,
    legalBasis: source.legalBasis,
    validFrom,
    validUntil,
    requiredHeaders: source.requiredHeaders.map((name) => name.toLowerCase()),
    rate: source.rate && {
      perSecond: source.rate.perSecond,
      burst: source.rate.burst ?? Math.max(1, Math.ceil(source.rate.perSecond)),
    },
    quota: source.quota,
    signatures: { requests: 'optional', responses: 'on-request', ...source.signatures },
  });
  // Without the header the agreement itself must determine the value.
  const { field, header, grantedBy } = granted;
  if (!agreement.requiredHeaders.includes(field) && agreement[grantedBy].length > 1) {
    report(file.finding('/requiredHeaders', `an agreement with several ${grantedBy} requires ${header}`));
  }
  return agreement;
}

function serviceGrant(
  source: AgreementSource,
  entry: NonNullable<AgreementSource['services']>[number],
  pointer: string,
  agreement: Agreement,
  file: SourceFile,
  context: AgreementContext,
): Grant | undefined {
  const service = context.services.get(entry.service);
  if (!service) {
    const finding = file.finding(`${pointer}/service`, `there is no service ${entry.service}`);
    context.report(missing(finding, entry.service.split('@')[0]!, context.leftOut));
    return undefined;
  }
  const root = service.responseFields;
  const publishes = service.kind === 'publish';
  const of = {
    records: recordsOf(service, context),
    entry,
    common: source.scope,
    agreedOn: source.validFrom,
    pointer,
    file,
  };
  const part = compilePart(root, of, context, publishes);
  const requestScope =
    service.kind === 'write' && part?.scopeValues && part.scopeWithin
      ? compileScope(service.requestFields, part.scopeValues, part.scopeWithin)
      : undefined;
  if (requestScope && 'unknown' in requestScope) {
    context.report(
      file.finding(
        `${pointer}/scope`,
        `requests of ${service.key} have no scope dimension ${requestScope.unknown.join(', ')}`,
      ),
    );
    return undefined;
  }
  if (!part) return undefined;
  if (requestScope && !checkScope({ ...of, records: [service.requestFields] }, context)) return undefined;
  const beyond = root.item
    ? Object.keys(part.scope?.values ?? {}).filter((name) => !service.scopedBy.includes(name))
    : [];
  if (beyond.length > 0) {
    const able = service.scopedBy.length > 0 ? `only by ${service.scopedBy.join(', ')}` : 'by none';
    context.report(
      file.finding(
        `${pointer}/scope`,
        `${service.key} answers in pages, and cannot restrict their rows by ${beyond.join(', ')}: ${able} (scopedBy of its contract)`,
      ),
    );
    return undefined;
  }
  const { selection, subjects } = part.granted;
  return {
    agreement,
    service,
    fields: selection.fields,
    scope: part.scope,
    scopeValues: part.scopeValues,
    scopeWithin: part.scopeWithin,
    requestScope: requestScope?.scope,
    publishedInScope: publishes && part.scopeWithin ? compileInScope(part.scopeWithin) : undefined,
    project: part.project,
    namePlaces: namesPlaces(root, selection) ? compileNamePlaces(root) : undefined,
    refusedCriteria: service.criteria
      .filter(({ field }) => selection.of(find(root, field)!) !== 'all')
      .map(({ property }) => property),
    scopedCriteria: service.criteria.flatMap(({ property, field }) => {
      const dimension = find(root, field)?.scope ?? '';
      const [values, within] = [part.scopeValues?.[dimension], part.scopeWithin?.[dimension]];
      if (!values || !within) return [];
      return [{ name: property.slice(1), values, reaches: compileReaches(dimension, within) }];
    }),
    subjectsOfRequest: subjectsOf(service.requestFields),
    subjectsOfAnswer: subjects,
  };
}

function streamGrant(
  source: AgreementSource,
  entry: NonNullable<AgreementSource['streams']>[number],
  pointer: string,
  { agreement, systems }: Pick<CompiledAgreement, 'agreement' | 'systems'>,
  file: SourceFile,
  context: AgreementContext,
): StreamGrant | undefined {
  const stream = context.streams.get(entry.stream);
  const entity = stream?.entities.get(entry.entity);
  if (!stream || !entity) {
    const finding = file.finding(pointer, `there is no stream ${entry.stream} of ${entry.entity}`);
    context.report(missing(finding, entry.stream.replace(/read$/, 'publish'), context.leftOut));
    return undefined;
  }
  const part = compilePart(
    entity.fields,
    { records: [entity.fields], entry, common: source.scope, agreedOn: source.validFrom, pointer, file },
    context,
  );
  if (!part) return undefined;
  const { selection, touches, subjects } = part.granted;
  const { fields } = selection;
  return {
    agreement,
    systems,
    stream,
    entity,
    fields,
    scope: part.scope,
    inScope: compileInScope(part.scopeWithin),
    project: part.project,
    touches,
    subjectsOfAnswer: subjects,
    digest: hash(
      'sha256',
      JSON.stringify([
        // Disclosed fields only: a new field of the contract that is not granted changes nothing for readers.
        fields.disclosed.toSorted(),
        Object.entries(part.scopeWithin ?? {})
          .map(([name, values]) => [name, values.toSorted()])
          .sort(),
        entity.version,
      ]),
    ),
  };
}

interface Part {
  readonly granted: Granted;
  readonly project: Projection;
  readonly scopeValues: ScopeSource | undefined;
  readonly scopeWithin: ScopeSource | undefined;
  readonly scope: Scope | undefined;
}

interface PartSource {
  /** The records that the scope applies to: of a publish service, the entities of its registry. */
  readonly records: readonly FieldNode[];
  readonly entry: {
    readonly fields: readonly string[];
    readonly revision: number;
    readonly scope?: ScopeSource;
  };
  /** The agreement's scope; an entry's own scope replaces it. */
  readonly common: ScopeSource | undefined;
  /** The agreement's first day: its scope does not cover provinces merged later. */
  readonly agreedOn: string;
  readonly pointer: string;
  readonly file: SourceFile;
}

/** Compiles fields and scope of one service or stream of the agreement. */
function compilePart(
  root: FieldNode,
  source: PartSource,
  context: AgreementContext,
  scopedElsewhere = false,
): Part | undefined {
  const { entry, common, agreedOn, pointer, file } = source;
  const { parts, report } = context;
  const granted = parts(root, entry.fields, entry.revision);
  const scopeValues = entry.scope ?? common;
  const sound = checkScope(source, context);
  const scopeWithin = scopeValues && widen(scopeValues, agreedOn);
  const scoped =
    scopeWithin && sound && !scopedElsewhere ? compileScope(root, scopeValues, scopeWithin) : undefined;
  if ('errors' in granted) {
    for (const { index, message } of granted.errors)
      report(file.finding(`${pointer}/fields/${index}`, message));
  }
  if ('errors' in granted || !sound || (scoped && 'unknown' in scoped)) return undefined;
  const { project } = granted;
  if (!project) {
    report(file.finding(`${pointer}/fields`, 'grants no field'));
    return undefined;
  }
  return { granted, project, scopeValues, scopeWithin, scope: scoped?.scope };
}

/** Do the records have every dimension, and can each dimension have its values? */
function checkScope(
  { records, entry, common, pointer, file }: PartSource,
  { scopeValue, report }: AgreementContext,
): boolean {
  const scope = entry.scope ?? common;
  if (!scope || file.isChecked) return true;
  const at = entry.scope ? `${pointer}/scope` : '/scope';
  let sound = true;
  const refuse = (pointer: string, message: string) => {
    sound = false;
    report(file.finding(pointer, message));
  };
  for (const [name, values] of Object.entries(scope)) {
    const pointer = `${at}/${escapePointer(name)}`;
    const fields = scopedFields(records, name);
    if (fields.length === 0) refuse(pointer, `records here have no scope dimension ${name}`);
    for (const [index, value] of values.entries()) {
      if (isBesideToday(name, value, values)) continue;
      const reason = fields.map((field) => scopeValue(field, value)).find((one) => one !== undefined);
      if (reason)
        refuse(`${pointer}/${index}`, `no record has ${name} ${JSON.stringify(value)}: it ${reason}`);
    }
  }
  return sound;
}

/** The fields of these records that hold a dimension. */
function scopedFields(records: readonly FieldNode[], dimension: string): FieldNode[] {
  return records.flatMap((record) => dimensionsOf(record).get(dimension)?.field ?? []);
}

/** A publish service answers with counts only: its scope applies to the changes' entities, and is checked on arrival. */
function recordsOf({ kind, registry, responseFields }: Service, context: Contracts): FieldNode[] {
  return kind === 'publish' ? entitiesOf(registry, context) : [responseFields];
}

function entitiesOf(registry: string, { streams }: Contracts): FieldNode[] {
  const stream = streams.get(`${registry}.changes.read`);
  return [...(stream?.entities.values() ?? [])].map(({ fields }) => fields);
}

const collectors = new WeakMap<FieldNode, (value: unknown) => string[]>();

/** Collects all persons below a node: the same for every grant of a service. */
function subjectsOf(root: FieldNode): (value: unknown) => string[] {
  let collect = collectors.get(root);
  if (!collect) {
    collect = compileSubjects(root);
    collectors.set(root, collect);
  }
  return collect;
}
