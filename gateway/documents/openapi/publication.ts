/** The body of a publication: the requirements of contract and intake on a batch, as one schema for each entity. */
import type { Catalog, Service, StreamEntity } from '../../catalog/catalog.ts';
import { reference } from '../../operation/contract-schema.ts';
import type { Json } from '../../operation/json.ts';
import { named, pascalCase } from '../../operation/named.ts';
import { entityName } from '../schemas/change-event.ts';
import { inlined } from '../schemas/schema-components.ts';

/**
 * The contract's request with `changes` of the registry's entities: the intake checks the data of each change against the schema
 * of its entity. A change that deletes has no data.
 */
export function publication(service: Service, catalog: Catalog): Json {
  const request = inlined(service.requestSchema, service.requestSchema) as PublicationRequest;
  const { changes } = request.properties;
  const entities = [...(catalog.streams.get(`${service.registry}.changes.read`)?.entities.values() ?? [])];
  const choices = entities.flatMap((entity) => changesOf(entity, changes.items));
  return named(`${pascalCase(`${service.name}.v${service.version}`)}Request`, {
    ...request,
    properties: {
      ...request.properties,
      changes: {
        ...changes,
        items: named(`${pascalCase(service.registry)}PublishedChange`, { oneOf: choices }),
      },
    },
  });
}

interface PublicationRequest extends Json {
  readonly properties: { readonly changes: Json & { readonly items: Change } };
}

interface Change extends Json {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Json>>;
}

/** Resolves the contract's `if` by operation: with the whole state, or without. */
function changesOf(entity: StreamEntity, change: Change): Json[] {
  const { if: _, then: _then, else: _else, required, properties, ...others } = change;
  const { data, operation } = properties;
  const annotated = (schema: Json, description: Json | undefined): Json => ({
    ...description,
    ...schema,
  });
  const { type: _type, ...aboutData } = data ?? {};
  const { enum: _enum, ...aboutOperation } = operation ?? {};
  const common = { ...properties, entity: annotated({ const: entity.name }, properties.entity) };
  const { pattern, ...entityProperty } = common.entity as Json;
  return [
    named(`${entityName(entity)}Written`, {
      ...others,
      description: `One ${entity.name} record that was made or has changed`,
      required: [...required, 'data'],
      properties: {
        ...common,
        entity: entityProperty,
        operation: annotated({ enum: ['created', 'updated'] }, aboutOperation),
        data: annotated(reference(entity.schema, 'strict'), aboutData),
      },
    }),
    named(`${entityName(entity)}Deleted`, {
      ...others,
      description: `One ${entity.name} record that is gone`,
      required,
      properties: {
        ...common,
        entity: entityProperty,
        operation: annotated({ const: 'deleted' }, aboutOperation),
        data: annotated({ type: 'null' }, aboutData),
      },
    }),
  ];
}
