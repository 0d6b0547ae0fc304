/** The messages of one entity, for AsyncAPI: in binary mode (Kafka) and in structured mode (the feed), with examples. */
import type { Catalog, StreamEntity } from '../../catalog/catalog.ts';
import { CHANGE_EVENT_SCHEMA, numbered, typeOf } from '../../changes/render/event.ts';
import { VERIFICATION_TYPE } from '../../changes/sinks/webhooks/challenge.ts';
import { DELIVERY_EVENTS } from '../../changes/sinks/webhooks/sink.ts';
import { reference } from '../../operation/contract-schema.ts';
import type { Json } from '../../operation/json.ts';
import { named, pascalCase } from '../../operation/named.ts';
import { deliveryHeaders, verificationSchema } from '../openapi/webhooks.ts';
import { changeEventSchema, entityName, eventAttributes } from '../schemas/change-event.ts';

export interface EntityMessages {
  /** By message name. */
  readonly binary: Readonly<Record<string, Json>>;
  readonly structured: Readonly<Record<string, Json>>;
}

/** The operation of a change, and the content of `data` for each. */
const operations = {
  created: { about: 'A record was made, or has entered the scope of the agreement', state: true },
  updated: { about: 'Something granted has changed', state: true },
  deleted: { about: 'A record is gone, or has left the scope of the agreement', state: false },
} as const;

type Operation = keyof typeof operations;

/** A subject and an agreement that do not exist. */
const sample = { pseudonym: 'JkfNOcGC_N3QT8NifSNMNTWbBYhDULQg', agreement: 'TT-2026-X00-01' };

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
  const headers = Object.entries({ ...eventAttributes, type }).map(([name, schema]) => [
    `ce_${name}`,
    schema,
  ]);
  return {
    ...common(entity, operation),
    contentType: 'application/json',
    headers: named(schemaName(entity, operation, 'headers'), {
      type: 'object',
      required: [...headers.map(([name]) => name), 'content-type'],
      properties: { ...Object.fromEntries(headers), 'content-type': { const: 'application/json' } },
    }),
    payload: changeOf(entity, operation),
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
    ...eventAttributes,
    type: { const: typeOf(entity, operation) },
    datacontenttype: { const: 'application/json' },
    data: changeOf(entity, operation),
  };
  return {
    ...common(entity, operation),
    contentType: 'application/cloudevents+json',
    payload: named(schemaName(entity, operation, 'event'), {
      type: 'object',
      required: Object.keys(properties),
      additionalProperties: false,
      properties,
    }),
    examples: examplesOf(entity, operation, states, publicUrl).map((event) => ({
      payload: { ...event, datacontenttype: 'application/json' },
    })),
  };
}

const common = ({ name }: StreamEntity, operation: Operation): Json => ({
  title: `${name} ${operation}`,
  summary: operations[operation].about,
});

/** `PopulationPersonCreatedEvent`. */
const schemaName = (entity: StreamEntity, operation: Operation, role: string): string =>
  entityName(entity) + pascalCase(`${operation}.${role}`);

/** The schema of `data`: the served schema, with the entity's state in it. */
function changeOf(entity: StreamEntity, operation: Operation): Json {
  const { $schema, $id, properties, required, ...data } = changeEventSchema;
  const { state, ...others } = properties as Readonly<Record<string, Json>>;
  const hasState = operations[operation].state;
  return named(schemaName(entity, operation, 'change'), {
    ...data,
    required: [...(required as string[]), ...(hasState ? ['state'] : [])],
    properties: {
      ...others,
      operation: { const: operation },
      ...(hasState && { state: { description: state!.description, ...reference(entity.schema, 'granted') } }),
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

export const batchName = (registry: string): string => `${registry}.webhook.batch`;
export const VERIFICATION = 'webhook.verification';

const headersOfDeliveries: Json = named('DeliveryHeaders', {
  type: 'object',
  required: Object.keys(deliveryHeaders),
  properties: Object.fromEntries(
    Object.entries(deliveryHeaders).map(([name, description]) => [name, { type: 'string', description }]),
  ),
});

const sampleHeaders: Json = {
  'lienthong-subscription': '019c2f6e-9b1a-7a52-8f6e-0242ac120002',
  'content-digest': 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
  'signature-input':
    'sig=("@method" "@target-uri" "content-type" "content-digest");created=1772417700;keyid="…";tag="lienthong-delivery"',
  signature: 'sig=:…:',
};

/** The webhook message of a registry: events of all its entities, in order. */
export function batchMessage(
  registry: string,
  messages: readonly EntityMessages[],
): Readonly<Record<string, Json>> {
  const structured = messages.flatMap((one) => Object.entries(one.structured));
  const events = structured.flatMap(([, { examples }]) =>
    (examples as { payload: unknown }[]).map(({ payload }) => payload),
  );
  return {
    [batchName(registry)]: {
      title: `Changes of ${registry}`,
      summary: 'CloudEvents in the JSON batch format; the same ids and numbers whenever it is repeated',
      contentType: 'application/cloudevents-batch+json',
      headers: headersOfDeliveries,
      payload: named(`${pascalCase(registry)}Batch`, {
        ...{ type: 'array', minItems: 1, maxItems: DELIVERY_EVENTS },
        items: named(`${pascalCase(registry)}Event`, {
          anyOf: structured.map(([, { payload }]) => payload),
        }),
      }),
      examples: events.length > 0 ? [{ headers: sampleHeaders, payload: events }] : [],
    },
  };
}

/** The request to the endpoint of a new subscription. */
export const verificationMessage: Readonly<Record<string, Json>> = {
  [VERIFICATION]: {
    title: 'Is this endpoint wanted?',
    summary: 'To be answered 2xx with `{ "challenge": "…" }`, the same challenge',
    contentType: 'application/json',
    headers: headersOfDeliveries,
    payload: verificationSchema,
    examples: [
      {
        headers: sampleHeaders,
        payload: {
          type: VERIFICATION_TYPE,
          subscription: '019c2f6e-9b1a-7a52-8f6e-0242ac120002',
          registry: 'business',
          challenge: 'n2mQ7u0Zb5x3k1rPqJcYtWvA8sE4dGfHiLoN6aXyB9M',
        },
      },
    ],
  },
};
