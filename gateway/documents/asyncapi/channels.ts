/** The channels of events, as channels and operations of AsyncAPI: topics, feeds, and endpoints of subscribers. */
import type { StreamEntity } from '../../catalog/catalog.ts';
import type { Json } from '../../operation/json.ts';
import { batchName, type EntityMessages, VERIFICATION } from './messages.ts';

export const at = (path: string): Json => ({ $ref: `#/${path}` });

export interface Part {
  readonly channel: Json;
  readonly operation: Json;
}

/** A channel that the gateway sends to, and all its messages. */
function part(id: string, messages: readonly string[], channel: Json, operation: Json): Part {
  return {
    channel: {
      [id]: {
        ...channel,
        messages: Object.fromEntries(messages.map((name) => [name, at(`components/messages/${name}`)])),
      },
    },
    operation: {
      [`${id}.send`]: {
        action: 'send',
        channel: at(`channels/${id}`),
        messages: messages.map((name) => at(`channels/${id}/messages/${name}`)),
        ...operation,
      },
    },
  };
}

export function topic({ registry, name }: StreamEntity, { binary }: EntityMessages): Part {
  return part(
    `${registry}.${name}.topic`,
    Object.keys(binary),
    {
      address: `lienthong.${registry}.${name}.{agreement}.g{generation}`,
      title: `Changes of ${registry}, ${name}, under one agreement`,
      description:
        'A topic for each agreement and generation: other fields or rows begin a new generation where the one before ended. Events of one subject are in one partition, in order; `ce_sequence` is contiguous over partitions and generations.',
      servers: [at('servers/kafka')],
      parameters: {
        agreement: { description: 'Number of the agreement', examples: ['TT-2026-X00-01'] },
        generation: { description: 'From 1', examples: ['1'] },
      },
      bindings: { kafka: { topicConfiguration: { 'cleanup.policy': ['delete'] }, bindingVersion: '0.5.0' } },
    },
    {
      summary: `Deliver the changes of ${name} on Kafka`,
      description: 'CloudEvents, Kafka binding, binary mode.',
    },
  );
}

export function feed(registry: string, messages: readonly EntityMessages[], url: URL): Part {
  const path = url.pathname === '/' ? '' : url.pathname;
  return part(
    `${registry}.feed`,
    messages.flatMap(({ structured }) => Object.keys(structured)),
    {
      address: `${path}/v1/changes/${registry}`,
      title: `Changes of ${registry}, under the caller's agreement`,
      description:
        'Server-sent events (`Accept: text/event-stream`): `data` is the message, `id` the cursor that goes on after it (`Last-Event-ID`, or `after`). The last event has the type `end` and says why. The same by pages: see /openapi.json.',
      servers: [at('servers/gateway')],
    },
    {
      summary: `Deliver the changes of ${registry} by the feed`,
      description: 'CloudEvents in structured mode; `sequence` is contiguous along the cursors.',
      security: [
        {
          ...{ type: 'oauth2', scopes: [`${registry}.changes.read`] },
          flows: {
            clientCredentials: {
              tokenUrl: `${url.href.replace(/\/$/, '')}/oauth2/token`,
              availableScopes: {
                [`${registry}.changes.read`]: `Read the changes of the ${registry} registry`,
              },
            },
          },
        },
      ],
      bindings: {
        http: {
          method: 'GET',
          query: {
            type: 'object',
            properties: { after: { type: 'string', maxLength: 500, description: 'A cursor' } },
            additionalProperties: false,
          },
          bindingVersion: '0.3.0',
        },
      },
    },
  );
}

export function webhook(registry: string): Part {
  return part(
    `${registry}.webhook`,
    [VERIFICATION, batchName(registry)],
    {
      // Unknown until an agency subscribes.
      address: null,
      title: `Changes of ${registry}, at an address of the subscriber's`,
      description:
        'Signed POSTs to the endpoint of a subscription (`/v1/subscriptions`, see /openapi.json): first a challenge that it gives back, then batches, in order, each until it is answered 2xx.',
    },
    {
      summary: `Deliver the changes of ${registry} to a webhook`,
      bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
    },
  );
}
