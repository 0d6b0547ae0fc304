/** One contract file -> a Service, and for a publish contract the Stream of its registry's changes. */
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { problems } from '../../problems/codes.ts';
import type { Example, Service, Stream, StreamEntity } from '../catalog.ts';
import type { Compilation } from '../check/compilation.ts';
import { checkExamples } from '../check/examples.ts';
import { faultsOf } from '../check/fields.ts';
import { compileNoCommunes } from '../fields/communes.ts';
import { FieldError, type FieldNode, find, leavesOf, readFields } from '../fields/fields.ts';
import { compileMatching } from '../fields/matching.ts';
import { compileMisplaced } from '../fields/places.ts';
import { compileQuery } from '../fields/query-values.ts';
import { compileSubjects, hasSubjects } from '../fields/subjects.ts';
import { compileDimensions } from '../grant/scope.ts';
import type { Finding, SourceFile } from '../read/document.ts';
import { OF_DAYS, type Severities, warnedOf } from '../vocabulary/checks.ts';
import { compileLazily } from '../vocabulary/compile-lazily.ts';

/** A contract as `schemas/catalog/service.schema.json` describes it. */
export interface ServiceSource {
  readonly service: string;
  readonly version: number;
  readonly revision: number;
  readonly kind: 'read' | 'publish' | 'write';
  readonly title: { readonly vi: string; readonly en: string };
  readonly description: { readonly vi: string; readonly en: string };
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly deadline: string;
  readonly bodyLimit: string;
  readonly request: string;
  readonly response: string;
  readonly matchSubject?: string | readonly string[];
  readonly scopedBy?: readonly string[];
  readonly entities?: Readonly<
    Record<string, { readonly schema: string; readonly subject: string; readonly version: number }>
  >;
  readonly entity?: string;
  readonly errors?: readonly string[];
  readonly maxVersionStep?: number;
  readonly checks?: Severities;
  readonly examples?: readonly Example[];
}

/** By default: allows for a provider that was cut off for a while, but not for an invented number. */
const MAX_VERSION_STEP = 100;

/** First segments under `/v1/` that the gateway itself serves. */
const reservedRegistries = ['changes', 'catalog', 'subscriptions', 'evidence', 'oauth2', 'schemas'];

/** Paths below a registry that start and check copies. */
const reservedPaths = ['snapshot', 'digest'];

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, KiB: 1024, MiB: 1024 * 1024 };

/** `3s` → 3000 (milliseconds), `8MiB` → 8388608 (bytes). */
function quantity(text: string): number {
  const [, amount, unit] = /^(\d+)(\w+)$/.exec(text)!;
  return Number(amount) * units[unit!]!;
}

/** Compiles a contract; reports its errors. @returns `undefined` when it has any */
export function compileService(
  source: ServiceSource,
  file: SourceFile,
  compilation: Compilation,
): Service | undefined {
  const { validators, report } = compilation;
  const registry = source.service.split('.')[0]!;
  if (reservedRegistries.includes(registry))
    report(file.finding('/service', `"${registry}" is a reserved name`));
  if (!source.path.startsWith(`/v${source.version}/${registry}/`)) {
    report(file.finding('/path', `path must begin with /v${source.version}/${registry}/`));
  }
  if (reservedPaths.some((name) => source.path.startsWith(`/v${source.version}/${registry}/${name}/`))) {
    report(file.finding('/path', `paths below ${reservedPaths.join('/ and ')}/ are the gateway's own`));
  }
  const requestFields = fieldsOf(source.request, 'request', '/request', file, compilation);
  const responseFields = fieldsOf(source.response, 'response', '/response', file, compilation);
  const validateRequest = validator(() => validators.body, source.request, '/request', file, compilation);
  const warned = warnedOf(source.checks);
  const answers = () => (warned.length === 0 ? validators.answer : validators.warning('answer', warned));
  const validateResponse = validator(answers, source.response, '/response', file, compilation);
  if (!requestFields || !responseFields || !validateRequest || !validateResponse) return undefined;

  const parameters = [...source.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  for (const parameter of parameters) {
    if (!requestFields.properties.has(parameter)) {
      report(file.finding('/path', `path parameter {${parameter}} is not in ${source.request}`));
    }
  }
  if (source.method === 'GET') {
    for (const [name, node] of requestFields.properties) {
      if (hasSubjects(node))
        report(
          file.finding('/method', `"${name}" identifies a person and must not stand in a URL: use POST`),
        );
    }
  }
  const matchSubjects = [source.matchSubject ?? []].flat();
  for (const pointer of matchSubjects) {
    if (!find(requestFields, pointer))
      report(file.finding('/matchSubject', `${pointer} is not in ${source.request}`));
  }
  if ((source.kind === 'write') !== (source.entity !== undefined)) {
    report(file.finding('/entity', 'a write contract names its entity, and no other does'));
  }
  if (source.kind !== 'publish' && source.maxVersionStep !== undefined) {
    report(file.finding('/maxVersionStep', 'only a publish contract bounds versions'));
  }
  if (source.kind === 'write' && source.method !== 'POST') {
    report(file.finding('/method', 'a service that writes is a POST'));
  }
  reportScopedBy(source, responseFields, file, compilation);
  const named = criteriaOf(source.request, compilation.schemas);
  // Agreements are compiled with existing fields only: an error of the contract is reported once, in the contract.
  const criteria = named.filter(({ field }) => find(responseFields, field));
  for (const { property, field } of named) {
    if (!find(responseFields, field)) {
      report(
        file.finding(
          '/request',
          `x-criterion of ${property} names ${field}, which is not in ${source.response}`,
        ),
      );
    }
  }
  source.errors?.forEach((code, index) => {
    if (!Object.hasOwn(problems, code)) report(file.finding(`/errors/${index}`, `there is no error ${code}`));
  });
  if (source.kind !== 'publish' && source.entities)
    report(file.finding('/entities', 'a publish contract names entities, and no other does'));

  const service: Service = {
    key: `${source.service}@${source.version}`,
    operation: `${source.service}@${source.version}`,
    name: source.service,
    version: source.version,
    registry,
    kind: source.kind,
    title: source.title,
    description: source.description,
    method: source.method,
    path: source.path,
    route: source.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    deadline: quantity(source.deadline),
    bodyLimit: quantity(source.bodyLimit),
    requestSchema: compilation.schemas.get(source.request)!,
    responseSchema: compilation.schemas.get(source.response)!,
    requestFields,
    readQuery: compileQuery(requestFields),
    responseFields,
    validateRequest,
    validateResponse,
    leaves: leavesOf(responseFields),
    criteria,
    matchSubjects,
    matching: compileMatching(requestFields, matchSubjects),
    scopedBy: source.scopedBy ?? [],
    warned,
    maxVersionStep: source.kind === 'publish' ? (source.maxVersionStep ?? MAX_VERSION_STEP) : undefined,
    entity: source.entity,
    examples: source.examples ?? [],
  };
  if (!file.isChecked) checkExamples(service, file, compilation);
  return service;
}

/** The stream of a registry's changes, from its publish contract. */
export function compileStream(
  source: ServiceSource,
  file: SourceFile,
  compilation: Compilation,
): Stream | undefined {
  if (source.kind !== 'publish') return undefined;
  const registry = source.service.split('.')[0]!;
  if (!source.entities) {
    compilation.report(file.finding('', 'a publish contract names its entities'));
    return undefined;
  }
  const entities = new Map<string, StreamEntity>();
  const warned = warnedOf(source.checks);
  const { validators } = compilation;
  const bodies = () => (warned.length === 0 ? validators.body : validators.warning('body', warned));
  // The validators that have been compiled for this schema, and refuse what they check.
  const partsBy = () => (warned.length === 0 ? validators.body : validators.answer);
  const warnedOfRead = [...new Set([...warned, ...OF_DAYS])].sort();
  for (const [name, entity] of Object.entries(source.entities)) {
    const at = `/entities/${name}`;
    const fields = fieldsOf(entity.schema, 'entity', `${at}/schema`, file, compilation);
    const validate = validator(bodies, entity.schema, `${at}/schema`, file, compilation);
    if (!fields || !validate) continue;
    const parts = [...entity.subject.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
    checkRequired(parts, fields, entity.schema, `${at}/subject`, file, compilation);
    const checks = parts.map((part) =>
      partCheck(partsBy, part, entity.schema, `${at}/subject`, file, compilation),
    );
    entities.set(name, {
      registry,
      name,
      version: entity.version,
      schema: compilation.schemas.get(entity.schema)!,
      fields,
      validate,
      // Compiled on first use: the schema is known to compile, and few registries are read.
      validateRead: compileLazily(() => validators.warning('body', warnedOfRead).getSchema(entity.schema)!),
      leaves: leavesOf(fields),
      subjectOf: (data) =>
        parts.map((part) => String((data as Readonly<Record<string, unknown>>)[part])).join('/'),
      isPerson: personCheck(parts, fields),
      versionField: versionFieldOf(fields),
      isSubject: (subject) => {
        const values = subject.split('/');
        return values.length === parts.length && values.every((value, index) => checks[index]!(value));
      },
      dimensionsOf: compileDimensions(fields).of,
      misplaced: compileMisplaced(fields),
      noCommunes: compileNoCommunes(fields),
      subjectsOf: compileSubjects(fields),
    });
  }
  const { maxVersionStep = MAX_VERSION_STEP } = source;
  return { name: `${registry}.changes.read`, registry, entities, maxVersionStep, warned };
}

function versionFieldOf({ properties }: FieldNode): string | undefined {
  const [name] =
    [...properties].find(([, { subschemas }]) => subschemas?.some(({ schema }) => schema['x-version'])) ?? [];
  return name;
}

/** Does one of the parts of a subject hold a person's number? */
function personCheck(parts: readonly string[], fields: FieldNode): (subject: string) => boolean {
  const collectors = parts.map((part) => {
    const field = find(fields, `/${part}`);
    return field?.leaf && compileSubjects(field);
  });
  if (!collectors.some((collect) => collect)) return () => false;
  return (subject) => subject.split('/').some((value, index) => (collectors[index]?.(value).length ?? 0) > 0);
}

/** A state without its identifier would be the subject "undefined". */
function checkRequired(
  parts: readonly string[],
  fields: FieldNode,
  schema: string,
  at: string,
  file: SourceFile,
  { report }: Compilation,
): void {
  const always = fields.subschemas?.filter(({ conditional }) => !conditional) ?? [];
  const required = new Set(always.flatMap((one) => one.schema.required ?? []));
  for (const part of parts) {
    if (fields.properties.has(part) && !required.has(part))
      report(file.finding(at, `{${part}} must be required by ${schema}: every state has its subject`));
  }
}

/** Checks one part of a subject by the schema of its property. */
function partCheck(
  ajv: () => Compilation['validators']['body'],
  part: string,
  schema: string,
  at: string,
  file: SourceFile,
  compilation: Compilation,
): (value: string) => boolean {
  const compile = () => ajv().compile({ $ref: `${schema}#/properties/${part}` });
  try {
    const validate = file.isChecked ? compileLazily(compile) : compile();
    return (value) => validate(value);
  } catch {
    compilation.report(file.finding(at, `{${part}} is not a property of ${schema}`));
    return () => false;
  }
}

function fieldsOf(
  schema: string,
  use: 'request' | 'response' | 'entity',
  at: string,
  file: SourceFile,
  compilation: Compilation,
): FieldNode | undefined {
  const { schemas, schemaFiles, broken, report } = compilation;
  if (broken.has(schema)) return undefined;
  try {
    const fields = readFields(schema, schemas);
    if (file.isChecked) return fields;
    const faults = faultsOf(fields, schema, use, schemas);
    for (const { document, pointer, message } of faults)
      report(schemaFiles.get(document)!.finding(pointer, message));
    return faults.length > 0 ? undefined : fields;
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const source = schemaFiles.get(error.document);
    report(source ? source.finding(error.pointer, error.message) : file.finding(at, error.message));
    return undefined;
  }
}

/** The validator of a schema; in a contract that was found sound before, compiled on first use. */
function validator(
  ajv: () => Compilation['validators']['body'],
  schema: string,
  at: string,
  file: SourceFile,
  compilation: Compilation,
): ValidateFunction | undefined {
  if (!compilation.schemas.has(schema)) return undefined;
  if (file.isChecked) return compileLazily(() => ajv().getSchema(schema)!);
  try {
    return ajv().getSchema(schema);
  } catch (error) {
    compilation.report(compileFault(error, compilation) ?? file.finding(at, `${schema}: ${reasonOf(error)}`));
    return undefined;
  }
}

/** Only lists are paged, and only by a dimension of their records can rows be restricted. */
function reportScopedBy(
  { scopedBy = [], response }: ServiceSource,
  responseFields: FieldNode,
  file: SourceFile,
  { report }: Compilation,
): void {
  if (scopedBy.length > 0 && !responseFields.item) {
    report(file.finding('/scopedBy', 'only a service that answers with a list has scopedBy'));
    return;
  }
  const { names } = compileDimensions(responseFields);
  for (const [index, name] of scopedBy.entries()) {
    if (names.includes(name)) continue;
    report(file.finding(`/scopedBy/${index}`, `records of ${response} have no scope dimension ${name}`));
  }
}

/** The place in an ajv message: `… at "person.schema.json#/properties/sex" (strictTypes)`. */
const PLACE = /(?: in schema)? at (?:path )?"([^"]+)"(?: \(\w+\))?/;

/** Reports an error in a schema document at the document, not at each contract that uses it. */
function compileFault(error: unknown, { schemaFiles }: Compilation): Finding | undefined {
  const reason = reasonOf(error);
  const [all = '', path = ''] = PLACE.exec(reason) ?? [];
  // Through a reference, ajv appends: `person.schema.jsonaddress.schema.json/properties/communeCode`.
  const start = path.slice(0, path.lastIndexOf('.schema.json') + '.schema.json'.length);
  const candidates = [...schemaFiles.keys()].filter((name) => start.endsWith(name));
  const [name] = candidates.sort((a, b) => b.length - a.length);
  if (name === undefined) return undefined;
  const pointer = decodeURIComponent(path.slice(start.length).replace('#', ''));
  const message = reason.replace(all, '').replace('strict mode: ', '');
  return schemaFiles.get(name)!.finding(pointer, message);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Request properties marked with `x-criterion`. */
function criteriaOf(
  schema: string,
  schemas: ReadonlyMap<string, object>,
): { property: string; field: string }[] {
  const { properties = {} } = (schemas.get(schema) ?? {}) as {
    properties?: Readonly<Record<string, { readonly 'x-criterion'?: string }>>;
  };
  return Object.entries(properties).flatMap(([name, property]) =>
    property['x-criterion'] === undefined ? [] : [{ property: `/${name}`, field: property['x-criterion'] }],
  );
}
