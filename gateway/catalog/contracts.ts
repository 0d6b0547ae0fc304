/** Stage one of a catalogue: schemas and contracts. What agreements are compiled against. */
import { isDeepStrictEqual } from 'node:util';
import type { Offers } from '../../adapters/offers.ts';
import type { Breathe } from './breathe.ts';
import type { Service, Stream } from './catalog.ts';
import { type Compilation, createValidators } from './compilation.ts';
import type { Finding, SourceFile } from './document.ts';
import { createGrantedParts, type GrantedParts } from './granted.ts';
import { checkPatterns } from './patterns.ts';
import { operationOf, unservedEntity } from './served.ts';
import { compileService, compileStream, type ServiceSource } from './service.ts';
import type { Shape } from './shapes.ts';

export interface Contracts {
  readonly schemas: ReadonlyMap<string, object>;
  readonly services: ReadonlyMap<string, Service>;
  readonly streams: ReadonlyMap<string, Stream>;
  /** What grants of these contracts have in common. */
  readonly parts: GrantedParts;
}

export async function compileContracts(
  sources: { readonly schemas: readonly SourceFile[]; readonly services: readonly SourceFile[] },
  shape: Shape,
  report: (finding: Finding) => void,
  breathe: Breathe,
  offers: Offers,
): Promise<Contracts> {
  const { schemas, schemaFiles } = readSchemas(sources.schemas, report);
  const validators = createValidators(schemas);
  const compilation: Compilation = { schemas, schemaFiles, validators, report };
  const services = new Map<string, Service>();
  const routes = new Map<string, string>();
  const streams = new Map<string, Stream>();
  const files = new Map<string, SourceFile>();
  const publishers = new Map<string, ServiceSource>();
  const writes = new Map<Service, SourceFile>();
  for (const file of sources.services) {
    await breathe();
    const source = shape<ServiceSource>('service', file, report);
    const service = source && compileService(source, file, compilation);
    if (!source || !service) continue;
    const route = `${service.method} ${service.path.replaceAll(/\{\w+\}/g, '{}')}`;
    if (services.has(service.key)) report(file.finding('/service', `${service.key} is defined twice`));
    if (routes.has(route)) report(file.finding('/path', `${route} is the route of ${routes.get(route)} too`));
    services.set(service.key, service);
    routes.set(route, service.key);
    if (service.kind === 'write') writes.set(service, file);
    files.set(service.key, file);
    const stream = compileStream(source, file, compilation);
    if (!stream) continue;
    for (const entity of stream.entities.values()) {
      const other = unservedEntity(entity, offers);
      if (other) report(file.finding(`/entities/${entity.name}`, other));
    }
    // A registry has one stream of changes, whatever version of the contract they are pushed by.
    const first = publishers.get(stream.name);
    if (first && !isDeepStrictEqual(first.entities, source.entities)) {
      report(
        file.finding(
          '/entities',
          `${first.service}@${first.version} gives the changes of ${stream.registry} other entities`,
        ),
      );
    }
    publishers.set(stream.name, first ?? source);
    if (!first) streams.set(stream.name, stream);
  }
  for (const [key, service] of services) {
    const operation = operationOf(service, services, offers);
    if ('key' in operation) services.set(key, { ...service, operation: operation.key });
    else report(files.get(key)!.finding('/version', operation.missing));
  }
  for (const [service, file] of writes) checkEntity(service, file, streams, report);
  return { schemas, services, streams, parts: createGrantedParts() };
}

/** What a write changed is published as a change: its answer is the entity's state. */
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
  const schemaFiles = new Map<string, SourceFile>();
  for (const file of files) {
    const name = file.file.replace(/^.*\//, '');
    schemaFiles.set(name, file);
    for (const finding of file.findings) report(finding);
    const { value } = file;
    if (!(value instanceof Object)) continue;
    if (!file.isChecked) checkPatterns(file, report);
    if ('$id' in value && value.$id === name) schemas.set(name, value);
    else report(file.finding('/$id', `$id must be "${name}"`));
  }
  return { schemas, schemaFiles };
}
