/** How events are described: CloudEvents 1.0, and what their `data` is. */
import { CHANGE_EVENT_SCHEMA } from '../changes/event.ts';
import type { Json } from './components.ts';

/** JSON Schema of an event's `data`, to which its `dataschema` leads. */
export const changeEventSchema: Json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: CHANGE_EVENT_SCHEMA,
  title: 'Change event',
  description: 'One versioned change of one subject, as one agreement is told it.',
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
      description: 'What happened; a record that leaves the agreement reads as deleted',
      enum: ['created', 'updated', 'deleted'],
    },
    changedFields: {
      description: 'What changed, as JSON Pointers into state, as far as it is granted',
      type: 'array',
      items: { type: 'string', format: 'json-pointer' },
    },
    state: {
      description: 'The granted fields of the whole record after the change; absent when deleted',
      type: 'object',
    },
  },
};

/**
 * An event in structured mode, as the feed tells it.
 * @param states what `data.state` may be, one schema for each entity
 */
export function cloudEventSchema(states: readonly Json[]): Json {
  const { $schema, $id, properties, ...data } = changeEventSchema;
  return {
    type: 'object',
    description: 'CloudEvents 1.0, structured mode',
    required: [
      'specversion',
      'id',
      'source',
      'type',
      'subject',
      'time',
      'dataschema',
      'sequence',
      'entityversion',
      'agreement',
      'datacontenttype',
      'data',
    ],
    additionalProperties: false,
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', description: 'The same on every redelivery, also on Kafka' },
      source: { type: 'string', format: 'uri' },
      type: {
        type: 'string',
        pattern: '^vn\\.lienthong\\.[a-z-]+\\.[a-z-]+\\.(created|updated|deleted)\\.v[1-9][0-9]*$',
      },
      subject: { type: 'string', description: "The agreement's pseudonym of the subject" },
      time: { type: 'string', format: 'date-time', description: "When, by the registry's clock" },
      dataschema: { type: 'string', format: 'uri', description: 'JSON Schema of data' },
      sequence: { type: 'string', pattern: '^[0-9]{16}$', description: 'Contiguous along the cursors' },
      entityversion: { type: 'string', pattern: '^[0-9]+$', description: "The registry's version" },
      agreement: { type: 'string', description: 'Number of the agreement' },
      datacontenttype: { const: 'application/json' },
      data: {
        ...data,
        properties: {
          ...(properties as Json),
          state: { ...(properties as Record<'state', Json>).state, anyOf: states },
        },
      },
    },
  };
}
