/** The messages of one entity, for AsyncAPI: in binary mode (Kafka) and in structured mode (the feed), with examples. */
import type { Catalog, StreamEntity } from '../catalog/catalog.ts';
import { CHANGE_EVENT_SCHEMA, numbered, typeOf } from '../changes/event.ts';
import { asDraft07 } from './asyncapi-schemas.ts';
import { changeEventSchema } from './change-event.ts';
import type { Json } from './components.ts';
import { reference } from './schema-components.ts';

export interface EntityMessages {
  /** By message name. */
  readonly binary: Readonly<Record<string, Json>>;
  readonly structured: Readonly<Record<string, Json>>;
}

/** What happened, and what `data` holds then. */
const operations = {
  created: { about: 'A record was made, or has entered the scope of the agreement', state: true },
  updated: { about: 'Something granted has changed', state: true },
  deleted: { about: 'A record is gone, or has left the scope of the agreement', state: false },
} as const;

type Operation = keyof typeof operations;

/** Of a subject that does not exist, under an agreement that does not. */
const sample = { pseudonym: 'JkfNOcGC_N3QT8NifSNMNTWbBYhDULQg', agreement: 'TT-2026-X00-01' };

const attributes: Readonly<Record<string, Json>> = {
  specversion: { const: '1.0' },
  id: { type: 'string', description: 'The same on every redelivery, wherever it is told' },
  source: { type: 'string', format: 'uri' },
  subject: { type: 'string', description: "The agreement's pseudonym of the subject" },
  time: { type: 'string', format: 'date-time', description: "When, by the registry's clock" },
  dataschema: { type: 'string', format: 'uri', description: 'JSON Schema of data' },
  sequence: { type: 'string', pattern: '^[0-9]{16}$', description: 'Contiguous' },
  entityversion: { type: 'string', pattern: '^[0-9]+$', description: "The registry's version of the record" },
  agreement: { type: 'string', description: 'Number of the agreement' },
};

export function entityMessages(catalog: Catalog, entity: StreamEntity, publicUrl: string): EntityMessages {
  const names = Object.keys(operations) as Operation[];
  const named = (mode: string, make: (operation: Operation) => Json) =>
    Object.fromEntries(
      names.map((operation) => [`${entity.registry}.${entity.name}.${operation}.${mode}`, make(operation)]),
    );
  const states = statesOf(catalog, entity);
  return {
    binary: named('binary', (operation) => binary(entity, operation, states, publicUrl)),
    structured: named('structured', (operation) => structured(entity, operation, states, publicUrl)),
  };
}

function binary(
  entity: StreamEntity,
  operation: Operation,
  states: readonly Json[],
  publicUrl: string,
): Json {
  const type = { const: typeOf(entity, operation) };
  const headers = Object.entries({ ...attributes, type }).map(([name, schema]) => [`ce_${name}`, schema]);
  return {
    ...common(entity, operation),
    contentType: 'application/json',
    headers: {
      type: 'object',
      required: [...headers.map(([name]) => name), 'content-type'],
      properties: { ...Object.fromEntries(headers), 'content-type': { const: 'application/json' } },
    },
    payload: dataOf(entity, operation),
    bindings: {
      kafka: {
        key: { type: 'string', description: "The agreement's pseudonym of the subject" },
        bindingVersion: '0.5.0',
      },
    },
    examples: examplesOf(entity, operation, states, publicUrl).map(({ data, ...others }) => ({
      headers: {
        ...Object.fromEntries(Object.entries(others).map(([name, value]) => [`ce_${name}`, value])),
        'content-type': 'application/json',
      },
      payload: data,
    })),
  };
}

function structured(
  entity: StreamEntity,
  operation: Operation,
  states: readonly Json[],
  publicUrl: string,
): Json {
  const properties = {
    ...attributes,
    type: { const: typeOf(entity, operation) },
    datacontenttype: { const: 'application/json' },
    data: dataOf(entity, operation),
  };
  return {
    ...common(entity, operation),
    contentType: 'application/cloudevents+json',
    payload: {
      type: 'object',
      required: Object.keys(properties),
      additionalProperties: false,
      properties,
    },
    examples: examplesOf(entity, operation, states, publicUrl).map((event) => ({
      payload: { ...event, datacontenttype: 'application/json' },
    })),
  };
}

const common = ({ name }: StreamEntity, operation: Operation): Json => ({
  title: `${name} ${operation}`,
  summary: operations[operation].about,
});

/** The schema of `data`: that which is served, with the entity's state in it. */
function dataOf(entity: StreamEntity, operation: Operation): unknown {
  const { $schema, $id, properties, required, ...data } = changeEventSchema;
  const { state, ...others } = properties as Readonly<Record<string, Json>>;
  const told = operations[operation].state;
  return asDraft07({
    ...data,
    required: [...(required as string[]), ...(told ? ['state'] : [])],
    properties: {
      ...others,
      operation: { const: operation },
      ...(told && { state: { description: state!.description, ...reference(entity.schema, 'granted') } }),
    },
  });
}

function examplesOf(
  entity: StreamEntity,
  operation: Operation,
  states: readonly Json[],
  publicUrl: string,
): Record<string, unknown>[] {
  const [state] = states;
  if (!state) return [];
  const version = 7;
  const [firstField] = Object.keys(state);
  return [
    {
      specversion: '1.0',
      id: `${sample.pseudonym}.${version}`,
      source: `${publicUrl}/v1/changes/${entity.registry}`,
      type: typeOf(entity, operation),
      subject: sample.pseudonym,
      time: '2026-03-02T09:15:00+07:00',
      dataschema: `${publicUrl}/schemas/${CHANGE_EVENT_SCHEMA}`,
      sequence: numbered(42),
      entityversion: String(version),
      agreement: sample.agreement,
      data: {
        version,
        operation,
        changedFields: operation === 'updated' ? [`/${firstField}`] : [],
        ...(operations[operation].state && { state }),
      },
    },
  ];
}

/** States of the entity in the examples of its registry's contract. */
function statesOf({ services }: Catalog, { registry, name }: StreamEntity): Json[] {
  const published = [...services.values()].filter(
    (service) => service.kind === 'publish' && service.registry === registry,
  );
  return published
    .flatMap(({ examples }) => examples)
    .flatMap(({ request }) => (request as { changes: { entity: string; data?: Json | null }[] }).changes)
    .flatMap(({ entity, data }) => (entity === name && data ? [data] : []));
}
