/** One agreement file -> the Agreement with its Grants and StreamGrants. */
import { createHash } from 'node:crypto';
import type { Agency, Agreement, Grant, Scope, Service, Stream, StreamGrant, System } from './catalog.ts';
import type { Compilation } from './compilation.ts';
import type { SourceFile } from './document.ts';
import {
  collectSubjects,
  compileProjection,
  compileSubjects,
  type FieldNode,
  type FieldSet,
  find,
  grantFields,
  leavesOf,
  type Projection,
} from './fields.ts';
import { compileInScope, compileScope } from './scope.ts';
import { termOf } from './term.ts';

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

/** What an agreement may refer to. */
export interface Surroundings extends Compilation {
  readonly services: ReadonlyMap<string, Service>;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly agencies: ReadonlyMap<string, Agency>;
  readonly systems: ReadonlyMap<string, System>;
}

export interface CompiledAgreement {
  readonly agreement: Agreement;
  /** Systems that the agreement is for: one, or all of an agency. */
  readonly systems: readonly string[];
  readonly grants: readonly Grant[];
  readonly streamGrants: readonly StreamGrant[];
}

/** Compiles an agreement; what is wrong with it is reported and left out. */
export function compileAgreement(
  source: AgreementSource,
  file: SourceFile,
  around: Surroundings,
): CompiledAgreement {
  const { report } = around;
  const systems = around.systems.has(source.consumer)
    ? [source.consumer]
    : [...around.systems.values()]
        .filter((system) => system.agency.code === source.consumer)
        .map((system) => system.id);
  if (systems.length === 0) {
    report(
      file.finding(
        '/consumer',
        `consumer "${source.consumer}" is neither a system nor an agency with systems`,
      ),
    );
  }
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
  // Without X-Purpose the purpose must be plain from the agreement itself.
  if (!agreement.requiredHeaders.includes('x-purpose') && agreement.purposes.length > 1) {
    report(file.finding('/requiredHeaders', 'an agreement with several purposes requires X-Purpose'));
  }

  const grants = (source.services ?? []).flatMap((entry, index): Grant[] => {
    const place = `/services/${index}`;
    const service = around.services.get(entry.service);
    if (!service) {
      report(file.finding(`${place}/service`, `there is no service ${entry.service}`));
      return [];
    }
    const root = service.responseFields;
    const part = compilePart(root, entry, source.scope, place, file, around, service.kind === 'publish');
    if (!part) return [];
    const disclosed = new Set(part.fields.disclosed);
    return [
      {
        agreement,
        service,
        fields: part.fields,
        scope: part.scope,
        scopeValues: part.scopeValues,
        project: part.project,
        refusedCriteria: service.criteria
          .filter(({ field }) => !leavesOf(find(root, field)!).every((leaf) => disclosed.has(leaf.path)))
          .map(({ property }) => property),
        scopedCriteria: service.criteria.flatMap(({ property, field }) => {
          const values = part.scopeValues?.[find(root, field)?.scope ?? ''];
          return values ? [{ name: property.slice(1), values }] : [];
        }),
        subjectsOfRequest: collectSubjects(compileSubjects(service.requestFields)),
        subjectsOfAnswer: collectSubjects(compileSubjects(root, disclosed)),
      },
    ];
  });

  const streamGrants = (source.streams ?? []).flatMap((entry, index): StreamGrant[] => {
    const place = `/streams/${index}`;
    const stream = around.streams.get(entry.stream);
    const entity = stream?.entities.get(entry.entity);
    if (!stream || !entity) {
      report(file.finding(place, `there is no stream ${entry.stream} of ${entry.entity}`));
      return [];
    }
    const part = compilePart(entity.fields, entry, source.scope, place, file, around);
    if (!part) return [];
    const disclosed = new Set(part.fields.disclosed);
    return [
      {
        agreement,
        systems,
        stream,
        entity,
        fields: part.fields,
        scope: part.scope,
        inScope: compileInScope(part.scopeValues),
        project: part.project,
        touches: compileTouches(part.fields),
        subjectsOfAnswer: collectSubjects(compileSubjects(entity.fields, disclosed)),
        digest: createHash('sha256')
          .update(JSON.stringify([part.fields.digest, Object.entries(part.scopeValues ?? {}).sort()]))
          .digest('hex'),
      },
    ];
  });
  return { agreement, systems, grants, streamGrants };
}

interface Part {
  readonly fields: FieldSet;
  readonly scopeValues: ScopeSource | undefined;
  readonly scope: Scope | undefined;
  readonly project: Projection;
}

/**
 * Fields and scope of one service or stream of the agreement; its own scope replaces the agreement's.
 * A publish service answers with counts only: its scope is that of the changes' entities, checked when they arrive.
 */
function compilePart(
  root: FieldNode,
  entry: { readonly fields: readonly string[]; readonly revision: number; readonly scope?: ScopeSource },
  common: ScopeSource | undefined,
  place: string,
  file: SourceFile,
  { report }: Compilation,
  scopedElsewhere = false,
): Part | undefined {
  const granted = grantFields(root, entry.fields, entry.revision);
  const scopeValues = entry.scope ?? common;
  const scoped = scopeValues && !scopedElsewhere ? compileScope(root, scopeValues) : undefined;
  if ('errors' in granted) {
    for (const { index, message } of granted.errors)
      report(file.finding(`${place}/fields/${index}`, message));
  }
  if (scoped && 'unknown' in scoped) {
    report(
      file.finding(`${place}/scope`, `records here have no scope dimension ${scoped.unknown.join(', ')}`),
    );
  }
  if ('errors' in granted || (scoped && 'unknown' in scoped)) return undefined;
  const project = compileProjection(root, new Set(granted.fields.disclosed));
  if (!project) {
    report(file.finding(`${place}/fields`, 'grants no field'));
    return undefined;
  }
  return { fields: granted.fields, scopeValues, scope: scoped?.scope, project };
}

/** Does a pointer into a state (array indices allowed) touch a disclosed leaf, from above or below? */
function compileTouches(fields: FieldSet): (changedFields: readonly string[]) => boolean {
  const disclosed = fields.disclosed.map((path) => path.split('/').slice(1));
  const touchesOne = (pointer: string): boolean => {
    const tokens = pointer.split('/').slice(1);
    return disclosed.some((leaf) =>
      leaf
        .slice(0, tokens.length)
        .every((name, index) => name === '*' || name === tokens[index] || tokens[index] === '*'),
    );
  };
  const known = new Map<string, boolean>();
  return (changedFields) =>
    changedFields.some((pointer) => {
      // The same few pointers come with every change of a registry; those with indices are not kept.
      let answer = known.get(pointer);
      if (answer === undefined) {
        answer = touchesOne(pointer);
        if (known.size < 1000) known.set(pointer, answer);
      }
      return answer;
    });
}
