/**
 * OpenAPI 3.1, generated from the routes (`describe-routes.ts`) and the catalogue, so that contract and document cannot differ.
 *
 * Requests are described by the contract's schema unchanged. Answers are described by the same schema without its
 * `required`: the agreement decides which parts a caller gets.
 */
import type { Catalog } from '../../catalog/catalog.ts';
import { scopeOf } from '../../catalog/grant/stream-scopes.ts';
import type { Json } from '../../operation/json.ts';
import { pascalCase } from '../../operation/named.ts';
import type { Language } from '../../problems/codes.ts';
import { eventSchemas } from '../schemas/change-event.ts';
import { headers, meta, parameters, problem } from '../schemas/components.ts';
import { mapSchemas, nameSchemas } from '../schemas/name-schemas.ts';
import { plainSchemas } from '../schemas/plain-schema.ts';
import { SCHEMAS, schemaComponents } from '../schemas/schema-components.ts';
import { inVietnamese } from '../vietnamese/vietnamese.ts';
import { problemResponses } from './responses.ts';
import { subscriptionWebhooks } from './webhooks.ts';

/** Operations by path and method. */
export type Paths = Readonly<Record<string, Json>>;

export interface OpenApiOptions {
  readonly catalog: Catalog;
  readonly publicUrl: string;
  readonly version: string;
  /** Language of summaries and descriptions; default: English. */
  readonly language?: Language;
}

/** The document; plain JSON. */
export function openApi(paths: Paths, options: OpenApiOptions): Json {
  const { language = 'en' } = options;
  const document = withNamedSchemas(draft(paths, options, language));
  return language === 'vi' ? inVietnamese(document, options.catalog.translations) : document;
}

function draft(paths: Paths, { catalog, publicUrl, version }: OpenApiOptions, language: Language): Draft {
  const services = [...catalog.services.values()];
  const streams = [...catalog.streams.values()];
  const entities = streams.flatMap((stream) => [...stream.entities.values()]);
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
      ...(streams.length > 0
        ? [{ name: 'webhooks', description: 'Requests to the endpoints of subscribers' }]
        : []),
      { name: 'copies', description: 'Starting and checking copies' },
      { name: 'catalog', description: 'Services and streams that the caller may use, and contacts for more' },
      { name: 'oauth2', description: 'Access tokens' },
    ],
    paths,
    ...(streams.length > 0 && { webhooks: subscriptionWebhooks }),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'An access token that you have: `lienthong token` prints one. It is good for five minutes, and for the scopes that it was asked for.',
        },
        oauth2: {
          type: 'oauth2',
          description:
            'Client credentials with private_key_jwt (RFC 7523); the audience of the assertion is the issuer. A token of the type `DPoP` is sent in the scheme `DPoP`, with a proof in the header `DPoP` (RFC 9449).',
          flows: {
            clientCredentials: {
              tokenUrl: `${publicUrl}/oauth2/token`,
              scopes: Object.fromEntries([
                ...services.map(({ name, title }) => [name, title[language]]),
                ...streams.flatMap(({ name, registry }) => [
                  [name, `Read the change stream ${name}`],
                  [scopeOf(registry, 'snapshot'), `Start a copy of the records of ${name}`],
                  [scopeOf(registry, 'digest'), `Check a copy of the records of ${name}`],
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
        ...(streams.length > 0 && eventSchemas(entities)),
      },
    },
  };
}

interface Draft extends Json {
  readonly paths: Paths;
  readonly webhooks?: Json;
  readonly components: Json & { readonly schemas: Readonly<Record<string, Json>> };
}

/** The document for generators of clients: plain schemas, every object a component. */
function withNamedSchemas({ paths, webhooks, components, ...document }: Draft): Json {
  const { schemas, ...others } = components;
  const { given, plain } = plainSchemas(schemas, SCHEMAS);
  const naming = nameSchemas(given, SCHEMAS);
  const place = (part: unknown, name: (within: readonly string[]) => string) =>
    mapSchemas(part, (schema, within) => naming.place(plain(schema), name(within)));
  const operations = (methods: Json) =>
    Object.fromEntries(
      Object.entries(methods as Record<string, Json>).map(([method, operation]) => [
        method,
        place(withBearer(operation), (within) => bodyName(operation.operationId as string, within)),
      ]),
    );
  return {
    ...document,
    paths: Object.fromEntries(Object.entries(paths).map(([path, methods]) => [path, operations(methods)])),
    // Without names, since oapi-codegen drops components that only webhooks refer to.
    ...(webhooks && { webhooks: mapSchemas(webhooks, plain) }),
    components: {
      ...place(others, (within) => pascalCase(within.join('.'))),
      schemas: naming.components,
    },
  };
}

/** A caller with a token may send it without the flow that issued it: in `/docs`, and in clients that accept one. */
function withBearer({ security = [], ...operation }: Json): Json {
  const ways = security as Json[];
  return { ...operation, security: ways.length > 0 ? [...ways, { bearer: [] }] : ways };
}

/** `population.person.lookup.v1`, a request → `PopulationPersonLookupV1Request`. */
function bodyName(operationId: string, [part, status]: readonly string[]): string {
  const role =
    part === 'requestBody' ? 'Request' : part === 'responses' ? `Answer${status}` : pascalCase(part!);
  return pascalCase(operationId) + role;
}
