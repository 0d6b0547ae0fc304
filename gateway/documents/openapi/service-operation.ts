/** A service as an operation, from its contract. */

import type { Catalog, Service } from '../../catalog/catalog.ts';
import { circumstances } from '../../circumstances/circumstances.ts';
import { reference } from '../../operation/contract-schema.ts';
import { type Json, ref } from '../../operation/json.ts';
import { named, pascalCase } from '../../operation/named.ts';
import type { Language } from '../../problems/codes.ts';
import { declarations, parameters, signatureHeaders } from '../schemas/components.ts';
import { inlined } from '../schemas/schema-components.ts';
import { partialParameter, partlyPublished, partlyPublishedExample } from './partial-publication.ts';
import { publication } from './publication.ts';
import { refusalsOf } from './responses.ts';

export function serviceOperation(service: Service, catalog: Catalog, language: Language): Json {
  const { name, method, kind } = service;
  return {
    operationId: `${name}.v${service.version}`,
    tags: [service.registry],
    summary: service.title[language],
    description: service.description[language],
    security: [{ oauth2: [name] }],
    parameters: [
      ...(method === 'GET' ? urlParameters(service) : []),
      ...(kind === 'publish' ? [partialParameter] : []),
      ...(kind === 'write' ? [ref('parameters/IdempotencyKey')] : []),
      ...(kind === 'publish' ? declarations : declarationsOf(service)),
    ],
    ...(method === 'POST' && { requestBody: requestBody(service, catalog) }),
    responses: {
      ...(kind === 'publish' ? committed(service) : answered(service)),
      ...refusalsOf(kind === 'read' && method === 'POST' ? 'readWithBody' : kind),
    },
  };
}

/** With the values of the first example, which Swagger UI sends. */
function declarationsOf({ examples }: Service): Json[] {
  const { headers = {} } = examples.find((example) => example.headers) ?? {};
  const filled = new Map(
    circumstances
      .filter(({ header }) => headers[header] !== undefined)
      .map(({ header, parameter }) => [
        ref(`parameters/${parameter}`).$ref,
        { ...(parameters[parameter] as Json), example: headers[header] },
      ]),
  );
  return declarations.map((declaration) => filled.get(declaration.$ref) ?? declaration);
}

/** Path parameters first, in the order of the path; the rest is the query. */
function urlParameters(service: Service): Json[] {
  const { properties, required = [] } = service.requestSchema as {
    properties: Readonly<Record<string, { readonly description?: string }>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const isInPath = service.path.includes(`{${name}}`);
    const example = service.examples
      .map(({ request }) => (request as Json)[name])
      .find((value) => value !== undefined);
    return {
      name,
      in: isInPath ? 'path' : 'query',
      required: isInPath || required.includes(name),
      ...(property.description && { description: property.description }),
      schema: inlined(property, service.requestSchema),
      ...(example !== undefined && { example }),
    };
  });
}

function requestBody(service: Service, catalog: Catalog): Json {
  return {
    required: true,
    content: {
      'application/json': {
        schema:
          service.kind === 'publish'
            ? publication(service, catalog)
            : reference(service.requestSchema, 'strict'),
        examples: examples(service, 'request', (value) => value),
      },
    },
  };
}

const successHeaders = {
  'X-Request-Id': ref('headers/RequestId'),
  RateLimit: ref('headers/RateLimit'),
  'RateLimit-Policy': ref('headers/RateLimitPolicy'),
  ...signatureHeaders,
};

function committed(service: Service): Json {
  const media = {
    schema: reference(service.responseSchema, 'strict'),
    examples: examples(service, 'response', (value) => value),
  };
  const inPart = { schema: partlyPublished, example: partlyPublishedExample };
  return {
    201: { description: 'Committed', headers: successHeaders, content: { 'application/json': media } },
    207: {
      description: 'With partial=true: the valid changes are committed, and each change has an outcome',
      headers: successHeaders,
      content: { 'application/json': inPart },
    },
  };
}

/** As for a caller whose grant covers everything. */
const exampleMeta = {
  requestId: '01a2018b-568c-74ce-8178-11a1b9ecf2af',
  agreement: 'TT-2026-G12-01',
  asOf: '2026-11-22T04:37:18.621Z',
  withheld: [],
};

function answered(service: Service): Json {
  const media = {
    schema: named(`${pascalCase(`${service.name}.v${service.version}`)}Answer`, {
      type: 'object',
      required: ['data', 'meta'],
      additionalProperties: false,
      properties: { data: reference(service.responseSchema, 'granted'), meta: ref('schemas/Meta') },
    }),
    examples: examples(service, 'response', (data) => ({ data, meta: exampleMeta })),
  };
  return {
    200: {
      description: 'The granted fields',
      headers: successHeaders,
      content: { 'application/json': media },
    },
  };
}

function examples(
  service: Service,
  part: 'request' | 'response',
  wrap: (value: unknown) => unknown,
): Json | undefined {
  if (service.examples.length === 0) return undefined;
  return Object.fromEntries(
    service.examples.map((example, index) => [`example${index + 1}`, { value: wrap(example[part]) }]),
  );
}
