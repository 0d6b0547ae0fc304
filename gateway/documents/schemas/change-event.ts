/** Schemas of events: CloudEvents 1.0, and their `data`. */
import type { StreamEntity } from '../../catalog/catalog.ts';
import { CHANGE_EVENT_SCHEMA, typeOf } from '../../changes/render/event.ts';
import { reference } from '../../operation/contract-schema.ts';
import { type Json, ref } from '../../operation/json.ts';
import { named, pascalCase } from '../../operation/named.ts';

/** JSON Schema of an event's `data`, the target of its `dataschema`. */
export const changeEventSchema: Json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: CHANGE_EVENT_SCHEMA,
  title: 'Change event',
  description: 'One versioned change of one subject, rendered for one agreement.',
  type: 'object',
  required: ['version', 'operation', 'changedFields'],
  additionalProperties: false,
  properties: {
    version: {
      description:
        "The registry's version of the record: apply only what is higher than what you have. 0: as first registered, in a registry that counts amendments",
      type: 'integer',
      minimum: 0,
    },
    operation: {
      description: 'The operation; a record that leaves the agreement reads as deleted',
      enum: ['created', 'updated', 'deleted'],
    },
    changedFields: {
      description: 'Changed fields that are granted, as JSON Pointers into state',
      type: 'array',
      items: { type: 'string', format: 'json-pointer' },
    },
    state: {
      description: 'The granted fields of the whole record after the change; absent when deleted',
      type: 'object',
    },
  },
};

/** Attributes of events that are the same for every entity (CloudEvents 1.0, and the gateway's extensions). */
export const eventAttributes: Readonly<Record<string, Json>> = {
  specversion: { const: '1.0' },
  id: { type: 'string', description: 'The same on every redelivery, also on Kafka' },
  source: { type: 'string', format: 'uri' },
  subject: { type: 'string', description: "The agreement's pseudonym of the subject" },
  time: { type: 'string', format: 'date-time', description: "When, by the registry's clock" },
  dataschema: { type: 'string', format: 'uri', description: 'JSON Schema of data' },
  sequence: { type: 'string', pattern: '^[0-9]{16}$', description: 'Contiguous along the cursors' },
  entityversion: {
    type: 'string',
    pattern: '^[0-9]+$',
    description: "The registry's version of the record",
  },
  agreement: { type: 'string', description: 'Number of the agreement' },
};

/** `population`, `person` → `PopulationPerson`: the prefix of an entity's schema names. */
export const entityName = ({ registry, name }: StreamEntity): string => pascalCase(`${registry}.${name}`);

/**
 * Events in structured mode, as the feed delivers them, by component name: one schema for each entity, and `CloudEvent`,
 * which is any of them. Their `type` distinguishes them.
 */
export function eventSchemas(entities: readonly StreamEntity[]): Readonly<Record<string, Json>> {
  const events = entities.map((entity) => [`${entityName(entity)}Event`, eventSchema(entity)] as const);
  const mapping = entities.flatMap((entity, index) =>
    typesOf(entity).map((type) => [type, `#/components/schemas/${events[index]![0]}`]),
  );
  return {
    ...Object.fromEntries(events),
    CloudEvent: {
      description: 'CloudEvents 1.0, structured mode',
      oneOf: events.map(([name]) => ref(`schemas/${name}`)),
      discriminator: { propertyName: 'type', mapping: Object.fromEntries(mapping) },
    },
  };
}

const typesOf = (entity: StreamEntity) =>
  (['created', 'updated', 'deleted'] as const).map((operation) => typeOf(entity, operation));

function eventSchema(entity: StreamEntity): Json {
  const { $schema, $id, properties, ...data } = changeEventSchema;
  const { state, ...others } = properties as Readonly<Record<string, Json>>;
  const members = {
    ...eventAttributes,
    type: { enum: typesOf(entity) },
    datacontenttype: { const: 'application/json' },
    data: named(`${entityName(entity)}Change`, {
      ...data,
      properties: {
        ...others,
        state: { description: state!.description, ...reference(entity.schema, 'granted') },
      },
    }),
  };
  return {
    type: 'object',
    description: `A change of one ${entity.name} record: CloudEvents 1.0, structured mode`,
    required: Object.keys(members),
    additionalProperties: false,
    properties: members,
  };
}
