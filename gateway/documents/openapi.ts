/**
 * OpenAPI 3.1, generated from the catalogue: what a contract says is what its document says.
 *
 * Requests are described by the contract's schema as it is. Answers are described by the same schema without its
 * `required`: what a caller gets of it is up to its agreement.
 */
import type { Catalog } from '../catalog/catalog.ts';
import { scopeOf } from '../catalog/stream-scopes.ts';
import { cloudEventSchema } from './change-event.ts';
import { headers, type Json, meta, parameters, problem } from './components.ts';
import { platformPaths } from './platform-paths.ts';
import { problemResponses } from './responses.ts';
import { reference, schemaComponents } from './schema-components.ts';
import { serviceOperation } from './service-operation.ts';
import { subscriptionWebhooks } from './subscription-paths.ts';

export interface OpenApiOptions {
  readonly publicUrl: string;
  readonly version: string;
}

/** The document; plain JSON. */
export function openApi(catalog: Catalog, { publicUrl, version }: OpenApiOptions): Json {
  const services = [...catalog.services.values()];
  const streams = [...catalog.streams.values()];
  const paths: Record<string, Json> = platformPaths(catalog);
  for (const service of services) {
    const operation = serviceOperation(service, catalog);
    paths[service.path] = { ...paths[service.path], [service.method.toLowerCase()]: operation };
  }
  const states = streams.flatMap(({ entities }) =>
    [...entities.values()].map(({ schema }) => reference(schema, 'granted')),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Liên Thông',
      version,
      summary: 'Interagency data-sharing gateway',
      description:
        'Signed calls to the registries of state agencies. Answers are minimised to the fields that the data-sharing agreement grants; `meta.withheld` names the others.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    tags: [
      ...[...new Set(services.map(({ registry }) => registry))].sort().map((name) => ({
        name,
        description: `Services of the ${name} registry`,
      })),
      { name: 'changes', description: 'Change streams' },
      { name: 'copies', description: 'Starting and checking copies' },
      { name: 'catalog', description: 'What the caller may use, and whom to ask for more' },
      { name: 'oauth2', description: 'Access tokens' },
    ],
    paths,
    ...(streams.length > 0 && { webhooks: subscriptionWebhooks }),
    components: {
      securitySchemes: {
        oauth2: {
          type: 'oauth2',
          description:
            'Client credentials with private_key_jwt (RFC 7523); the audience of the assertion is the issuer.',
          flows: {
            clientCredentials: {
              tokenUrl: `${publicUrl}/oauth2/token`,
              scopes: Object.fromEntries([
                ...services.map(({ name, title }) => [name, title.en]),
                ...streams.flatMap(({ name, registry }) => [
                  [name, `Read the change stream ${name}`],
                  [scopeOf(registry, 'snapshot'), `Start a copy of what ${name} tells of`],
                  [scopeOf(registry, 'digest'), `Check a copy of what ${name} tells of`],
                ]),
              ]),
            },
          },
        },
      },
      headers,
      parameters,
      responses: problemResponses(),
      schemas: {
        ...schemaComponents(catalog),
        Meta: meta,
        Problem: problem,
        ...(streams.length > 0 && { CloudEvent: cloudEventSchema(states) }),
      },
    },
  };
}
