/**
 * AsyncAPI 3.0, generated from the catalogue: what subscribers are told, and where. The gateway is the application, so
 * every operation sends.
 *
 * The document is public and names no agreement: a topic's address has parameters. What an event's `state` may hold is
 * described as for OpenAPI, without what an agreement may leave out.
 */
import type { Catalog, StreamEntity } from '../catalog/catalog.ts';
import { asDraft07 } from './asyncapi-schemas.ts';
import { type EntityMessages, entityMessages } from './change-messages.ts';
import type { Json } from './components.ts';
import type { OpenApiOptions } from './openapi.ts';
import { stateComponents } from './schema-components.ts';

const at = (path: string): Json => ({ $ref: `#/${path}` });

/** The document; plain JSON. */
export function asyncApi(catalog: Catalog, { publicUrl, version }: OpenApiOptions): Json {
  const url = new URL(publicUrl);
  const streams = [...catalog.streams.values()];
  const entities = streams.flatMap((stream) => [...stream.entities.values()]);
  const messages = entities.map((entity) => entityMessages(catalog, entity, publicUrl));
  const topics = entities.map((entity, index) => topic(entity, messages[index]!));
  const feeds = streams.map(({ registry }) =>
    feed(
      registry,
      messages.filter((_, index) => entities[index]!.registry === registry),
      url,
    ),
  );
  const parts = [...topics, ...feeds];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Liên Thông: changes',
      version,
      description:
        'Changes of the registries of state agencies as CloudEvents 1.0, minimised to the fields and rows that the data-sharing agreement grants. Delivery is at least once: apply an event only when its `version` is higher than the one you have.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      externalDocs: { description: 'The services, by OpenAPI', url: `${publicUrl}/openapi.json` },
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: url.host,
        protocol: url.protocol.slice(0, -1),
        ...(url.pathname !== '/' && { pathname: url.pathname }),
        description: 'The feed as server-sent events',
        security: [at('components/securitySchemes/oauth2')],
      },
      kafka: {
        host: '{broker}',
        protocol: 'kafka-secure',
        description: 'Topics; who may read one is up to its agreement',
        variables: { broker: { description: 'host:port, as the operator of the gateway tells' } },
      },
    },
    channels: Object.assign({}, ...parts.map(({ channel }) => channel)),
    operations: Object.assign({}, ...parts.map(({ operation }) => operation)),
    components: {
      messages: Object.assign({}, ...messages.flatMap(({ binary, structured }) => [binary, structured])),
      schemas: asDraft07(stateComponents(catalog)),
      securitySchemes: {
        oauth2: {
          type: 'oauth2',
          description: 'Client credentials with private_key_jwt (RFC 7523)',
          flows: {
            clientCredentials: {
              tokenUrl: `${publicUrl}/oauth2/token`,
              availableScopes: Object.fromEntries(
                streams.map(({ name, registry }) => [name, `Read the changes of the ${registry} registry`]),
              ),
            },
          },
        },
      },
    },
  };
}

interface Part {
  readonly channel: Json;
  readonly operation: Json;
}

/** A channel that the gateway sends to, and all that it sends there. */
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

function topic({ registry, name }: StreamEntity, { binary }: EntityMessages): Part {
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
      summary: `Tell the changes of ${name} on Kafka`,
      description: 'CloudEvents, Kafka binding, binary mode.',
    },
  );
}

function feed(registry: string, messages: readonly EntityMessages[], url: URL): Part {
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
      summary: `Tell the changes of ${registry} to who follows the feed`,
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
