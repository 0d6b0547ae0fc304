/**
 * AsyncAPI 3.0, generated from the catalogue: the events that subscribers receive, and their channels. The gateway is the
 * application, so every operation sends.
 *
 * The document is public and names no agreement: a topic's address has parameters. An event's `state` is
 * described as for OpenAPI, without the parts that an agreement may leave out.
 */
import type { Catalog } from '../../catalog/catalog.ts';
import type { Json } from '../../operation/json.ts';
import { pascalCase } from '../../operation/named.ts';
import type { OpenApiOptions } from '../openapi/openapi.ts';
import { mapSchemas, nameSchemas } from '../schemas/name-schemas.ts';
import { plainSchemas } from '../schemas/plain-schema.ts';
import { SCHEMAS, stateComponents } from '../schemas/schema-components.ts';
import { at, feed, topic, webhook } from './channels.ts';
import { batchMessage, entityMessages, verificationMessage } from './messages.ts';
import { asDraft07 } from './schemas.ts';

/** The document; plain JSON. */
export function asyncApi(
  catalog: Catalog,
  { publicUrl, version }: Pick<OpenApiOptions, 'publicUrl' | 'version'>,
): Json {
  const url = new URL(publicUrl);
  const streams = [...catalog.streams.values()];
  const entities = streams.flatMap((stream) => [...stream.entities.values()]);
  const messages = entities.map((entity) => entityMessages(catalog, entity, publicUrl));
  const topics = entities.map((entity, index) => topic(entity, messages[index]!));
  const ofRegistry = (registry: string) =>
    messages.filter((_, index) => entities[index]!.registry === registry);
  const feeds = streams.map(({ registry }) => feed(registry, ofRegistry(registry), url));
  const batches = streams.map(({ registry }) => batchMessage(registry, ofRegistry(registry)));
  const { given, plain } = plainSchemas(stateComponents(catalog), SCHEMAS);
  const naming = nameSchemas(given, SCHEMAS, { values: true });
  const described = mapSchemas(
    Object.assign(
      {},
      ...messages.flatMap(({ binary, structured }) => [binary, structured]),
      ...batches,
      verificationMessage,
    ),
    (schema, [message, part]) => naming.place(plain(schema), pascalCase(`${message}.${part}`)),
    ['payload', 'headers'],
  );
  const parts = [...topics, ...feeds, ...streams.map(({ registry }) => webhook(registry))];
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
        description: 'Topics; the agreement of a topic decides on its readers',
        variables: { broker: { description: 'host:port, as the operator of the gateway names it' } },
      },
    },
    channels: Object.assign({}, ...parts.map(({ channel }) => channel)),
    operations: Object.assign({}, ...parts.map(({ operation }) => operation)),
    components: {
      messages: asDraft07(described),
      schemas: asDraft07(naming.components),
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
