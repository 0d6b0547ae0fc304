/** Stage one of a catalogue: schemas and contracts, which agreements are compiled against. */
import { isDeepStrictEqual } from 'node:util';
import type { Offers } from '../../../adapters/offers.ts';
import type { YieldToEventLoop } from '../../runtime/yield-to-event-loop.ts';
import type { Service, Stream } from '../catalog.ts';
import { type Compilation, createValidators } from '../check/compilation.ts';
import { checkChanges } from '../check/examples.ts';
import { missing } from '../check/left-out.ts';
import { checkPatterns } from '../check/patterns.ts';
import { createSchemaCheck } from '../check/schema.ts';
import { createValueCheck, type ValueCheck } from '../check/scope-values.ts';
import type { Shape } from '../check/shapes.ts';
import { createGrantedParts, type GrantedParts } from '../grant/granted.ts';
import type { Finding, SourceFile } from '../read/document.ts';
import { subschemas } from '../vocabulary/subschemas.ts';
import { operationOf, unservedEntity } from './served.ts';
import { compileService, compileStream, type ServiceSource } from './service.ts';

export interface Contracts {
  readonly schemas: ReadonlyMap<string, object>;
  readonly services: ReadonlyMap<string, Service>;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly scopeValue: ValueCheck;
  /** Contracts with errors, or with errors in a schema. */
  readonly leftOut: readonly SourceFile[];
  /** Compiled parts that grants of these contracts share. */
  readonly parts: GrantedParts;
}

export async function compileContracts(
  sources: { readonly schemas: readonly SourceFile[]; readonly services: readonly SourceFile[] },
  shape: Shape,
  report: (finding: Finding) => void,
  yieldToEventLoop: YieldToEventLoop,
  offers: Offers,
): Promise<Contracts> {
  const { schemas, schemaFiles, broken } = readSchemas(sources.schemas, report);
  const validators = createValidators(schemas);
  const compilation: Compilation = { schemas, schemaFiles, broken, validators, report };
  const services = new Map<string, Service>();
  const routes = new Map<string, string>();
  const streams = new Map<string, Stream>();
  const files = new Map<string, SourceFile>();
  const publishers = new Map<string, ServiceSource>();
  const writes = new Map<Service, SourceFile>();
  const leftOut: SourceFile[] = [];
  for (const file of sources.services) {
    await yieldToEventLoop();
    const source = shape<ServiceSource>('service', file, report);
    const service = source && compileService(source, file, compilation);
    if (!source || !service) {
      leftOut.push(file);
      continue;
    }
    const route = `${service.method} ${service.path.replaceAll(/\{\w+\}/g, '{}')}`;
    if (services.has(service.key)) report(file.finding('/service', `${service.key} is defined twice`));
    if (routes.has(route)) report(file.finding('/path', `${route} is the route of ${routes.get(route)} too`));
    services.set(service.key, service);
    routes.set(route, service.key);
    if (service.kind === 'write') writes.set(service, file);
    files.set(service.key, file);
    const stream = compileStream(source, file, compilation);
    if (stream) {
      for (const entity of stream.entities.values()) {
        const other = unservedEntity(entity, offers);
        if (other) report(file.finding(`/entities/${entity.name}`, other));
      }
      // A registry has one stream of changes, for all versions of its publish contract.
      const first = publishers.get(stream.name);
      if (first && !isDeepStrictEqual(first.entities, source.entities)) {
        report(
          file.finding(
            '/entities',
            `${first.service}@${first.version} gives the changes of ${stream.registry} other entities`,
          ),
        );
      }
      if (first && !isDeepStrictEqual(first.checks, source.checks)) {
        const other = `${first.service}@${first.version}`;
        report(file.finding('/checks', `${other} has other checks for the changes of ${stream.registry}`));
      }
      publishers.set(stream.name, first ?? source);
      if (!first) streams.set(stream.name, stream);
    }
    if (source.kind !== 'publish') continue;
    const isWhole = stream?.entities.size === Object.keys(source.entities ?? {}).length;
    if (!stream || !isWhole) leftOut.push(file);
    else if (!file.isChecked) checkChanges(service, stream, file, report);
  }
  for (const [key, service] of services) {
    const operation = operationOf(service, services, offers);
    if ('key' in operation) services.set(key, { ...service, operation: operation.key });
    else report(files.get(key)!.finding('/version', operation.missing));
  }
  for (const [service, file] of writes) {
    checkEntity(service, file, streams, (finding) =>
      report(missing(finding, `${service.registry}.changes.publish`, leftOut)),
    );
  }
  const scopeValue = createValueCheck(validators);
  return { schemas, services, streams, scopeValue, leftOut, parts: createGrantedParts() };
}

/** A write's change is published, so the answer of the write must be the entity's state. */
function checkEntity(
  { registry, entity = '', responseSchema }: Service,
  file: SourceFile,
  streams: ReadonlyMap<string, Stream>,
  report: (finding: Finding) => void,
): void {
  const published = streams.get(`${registry}.changes.read`)?.entities.get(entity);
  if (!published) report(file.finding('/entity', `the changes of ${registry} have no entity "${entity}"`));
  else if (published.schema !== responseSchema)
    report(file.finding('/response', `the answer must be the state of ${entity}, by the same schema`));
}

function readSchemas(files: readonly SourceFile[], report: (finding: Finding) => void) {
  const schemas = new Map<string, object>();
  const schemaFiles = new Map(files.map((file) => [file.file.replace(/^.*\//, ''), file]));
  const broken = new Set<string>();
  const check = files.some((file) => !file.isChecked) ? createSchemaCheck() : undefined;
  for (const [name, file] of schemaFiles) {
    const refuse = (finding: Finding) => {
      broken.add(name);
      report(finding);
    };
    const { value, findings } = file;
    findings.forEach(refuse);
    if (findings.length > 0) continue;
    if (!file.isChecked) {
      checkPatterns(file, refuse);
      check?.(file, schemaFiles, (pointer, message) => refuse(file.finding(pointer, message)));
    }
    if (!(value instanceof Object) || !('$id' in value) || value.$id !== name)
      refuse(file.finding('/$id', `$id must be "${name}"`));
    else schemas.set(name, value);
  }
  spread(broken, schemas);
  for (const name of broken) schemas.delete(name);
  return { schemas, schemaFiles, broken };
}

/** Marks documents that refer to a broken one: they cannot be compiled either. */
function spread(broken: Set<string>, schemas: ReadonlyMap<string, object>): void {
  if (broken.size === 0) return;
  const referring = [...schemas].map(([name, schema]) => [name, documentsIn(schema)] as const);
  for (let before = -1; before !== broken.size; ) {
    before = broken.size;
    for (const [name, others] of referring) if (others.some((other) => broken.has(other))) broken.add(name);
  }
}

function documentsIn(schema: unknown): string[] {
  if (!(schema instanceof Object)) return [];
  const own = '$ref' in schema && typeof schema.$ref === 'string' ? [schema.$ref.split('#')[0]!] : [];
  return [...own, ...[...subschemas(schema)].flatMap((inner) => documentsIn(inner.schema))];
}
