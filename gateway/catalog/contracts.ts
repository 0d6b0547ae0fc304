/** Stage one of a catalogue: schemas and contracts. What agreements are compiled against. */

import type { Breathe } from './breathe.ts';
import type { Service, Stream } from './catalog.ts';
import { type Compilation, createValidators } from './compilation.ts';
import type { Finding, SourceFile } from './document.ts';
import { createGrantedParts, type GrantedParts } from './granted.ts';
import { checkPatterns } from './patterns.ts';
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
): Promise<Contracts> {
  const { schemas, schemaFiles } = readSchemas(sources.schemas, report);
  const validators = createValidators(schemas);
  const compilation: Compilation = { schemas, schemaFiles, validators, report };
  const services = new Map<string, Service>();
  const routes = new Map<string, string>();
  const streams = new Map<string, Stream>();
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
    const stream = compileStream(source, file, compilation);
    if (stream) streams.set(stream.name, stream);
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
