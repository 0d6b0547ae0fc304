/**
 * OpenAPI 3.1, generated from the catalogue: what a contract says is what its document says.
 *
 * Requests are described by the contract's schema as it is. Answers are described by the same schema without its
 * `required`: what a caller gets of it is up to its agreement.
 */
import type { Catalog, Service } from '../catalog/catalog.ts';
import { type ProblemCode, problems } from '../errors.ts';

type Json = { readonly [member: string]: unknown };

export interface OpenApiOptions {
  readonly publicUrl: string;
  readonly version: string;
}

/** The document; plain JSON. */
export function openApi(catalog: Catalog, { publicUrl, version }: OpenApiOptions): Json {
  const services = [...catalog.services.values()];
  const paths: Record<string, Record<string, unknown>> = { ...platformPaths(catalog) };
  for (const service of services) {
    paths[service.path] = { ...paths[service.path], [service.method.toLowerCase()]: operation(service) };
  }
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
      ...[...new Set(services.map((service) => service.registry))].sort().map((name) => ({
        name,
        description: `Services of the ${name} registry`,
      })),
      { name: 'changes', description: 'Change streams' },
      { name: 'oauth2', description: 'Access tokens' },
    ],
    paths,
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
                ...services.map((service) => [service.name, service.title.en]),
                ...[...catalog.streams.keys()].map((name) => [name, `Read the change stream ${name}`]),
              ]),
            },
          },
        },
      },
      headers,
      parameters,
      responses: Object.fromEntries(
        Object.keys(responses).map((name) => [name, problemResponse(name as keyof typeof responses)]),
      ),
      schemas: { ...schemaComponents(catalog), Meta: meta, Problem: problem, CloudEvent: cloudEvent },
    },
  };
}

function operation(service: Service): Json {
  const isPublication = service.kind === 'publish';
  const data = reference(fileOf(service.responseSchema), isPublication ? 'strict' : 'granted');
  const body = isPublication
    ? data
    : { type: 'object', required: ['data', 'meta'], properties: { data, meta: ref('schemas/Meta') } };
  const requestMedia = {
    schema: reference(fileOf(service.requestSchema), 'strict'),
    ...(service.method === 'POST' &&
      service.examples.length > 0 && { examples: examples(service, 'request') }),
  };
  return {
    operationId: `${service.name}.v${service.version}`,
    tags: [service.registry],
    summary: service.title.en,
    description: `${service.description.en}\n\n*${service.title.vi}.* ${service.description.vi}`,
    security: [{ oauth2: [service.name] }],
    parameters: [
      ...(service.method === 'GET' ? urlParameters(service) : []),
      ...['Purpose', 'CaseId', 'OfficerId', 'RequestId', 'Language'].map((name) => ref(`parameters/${name}`)),
    ],
    ...(service.method === 'POST' && {
      requestBody: { required: true, content: { 'application/json': requestMedia } },
    }),
    responses: {
      [isPublication ? 201 : 200]: {
        description: isPublication ? 'Committed' : 'The granted fields',
        headers: {
          'X-Request-Id': ref('headers/RequestId'),
          RateLimit: ref('headers/RateLimit'),
          'RateLimit-Policy': ref('headers/RateLimitPolicy'),
        },
        content: { 'application/json': { schema: body } },
      },
      ...Object.fromEntries(
        Object.entries(responses)
          .filter(([name]) => (isPublication ? name !== 'NotFound' : name !== 'Conflict' && name !== 'Gone'))
          .filter(([name]) => service.method === 'POST' || (name !== 'TooLarge' && name !== 'MediaType'))
          .filter(([name]) => name !== 'Gone')
          .map(([name, { status }]) => [status, ref(`responses/${name}`)]),
      ),
    },
  };
}

/** Path parameters first, in the order of the path; the rest is the query. */
function urlParameters(service: Service): Json[] {
  const { properties, required = [] } = service.requestSchema as {
    properties: Readonly<Record<string, { readonly description?: string }>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const inPath = service.path.includes(`{${name}}`);
    const example = service.examples
      .map(({ request }) => (request as Json)[name])
      .find((value) => value !== undefined);
    return {
      name,
      in: inPath ? 'path' : 'query',
      required: inPath || required.includes(name),
      ...(property.description && { description: property.description }),
      schema: rewrite(property, fileOf(service.requestSchema), 'strict'),
      ...(example !== undefined && { example }),
    };
  });
}

function examples(service: Service, part: 'request' | 'response'): Json {
  return Object.fromEntries(
    service.examples.map((example, index) => [`example${index + 1}`, { value: example[part] }]),
  );
}

/** Paths that belong to no registry. */
function platformPaths(catalog: Catalog): Record<string, Record<string, unknown>> {
  const form = {
    type: 'object',
    required: ['grant_type', 'client_assertion_type', 'client_assertion'],
    properties: {
      grant_type: { const: 'client_credentials' },
      client_id: { type: 'string' },
      client_assertion_type: { const: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
      client_assertion: {
        type: 'string',
        description: 'JWT signed by the client (RFC 7523), at most 60 s long',
      },
      scope: {
        type: 'string',
        description: 'Services and streams, separated by spaces; absent: all that agreements name',
      },
    },
  };
  const oauthError = {
    description: 'OAuth error (RFC 6749, section 5.2)',
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['error'],
          properties: { error: { type: 'string' }, error_description: { type: 'string' } },
        },
      },
    },
  };
  const paths: Record<string, Record<string, unknown>> = {
    '/oauth2/token': {
      post: {
        operationId: 'oauth2.token',
        tags: ['oauth2'],
        summary: 'Get an access token',
        description: 'Client credentials with private_key_jwt.',
        security: [],
        requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema: form } } },
        responses: {
          200: {
            description: 'A token of five minutes',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['access_token', 'token_type', 'expires_in', 'scope'],
                  properties: {
                    access_token: { type: 'string' },
                    token_type: { const: 'Bearer' },
                    expires_in: { type: 'integer' },
                    scope: { type: 'string' },
                  },
                },
              },
            },
          },
          400: oauthError,
          401: oauthError,
          429: ref('responses/TooMany'),
          503: oauthError,
        },
      },
    },
  };
  if (catalog.streams.size > 0) {
    paths['/v1/changes/{registry}'] = {
      get: {
        operationId: 'changes.read.v1',
        tags: ['changes'],
        summary: 'Read the changes of a registry',
        description: "Pages of CloudEvents, minimised to the caller's agreement, after a cursor.",
        security: [{ oauth2: [...catalog.streams.keys()] }],
        parameters: [
          {
            name: 'registry',
            in: 'path',
            required: true,
            schema: { enum: [...catalog.streams.values()].map((stream) => stream.registry) },
          },
          {
            name: 'after',
            in: 'query',
            description: '`meta.next` of the page before; absent: from the oldest kept change',
            schema: { type: 'string', maxLength: 500 },
          },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 } },
          ...['Purpose', 'CaseId', 'OfficerId', 'RequestId', 'Language'].map((name) =>
            ref(`parameters/${name}`),
          ),
        ],
        responses: {
          200: {
            description: 'A page',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['data', 'meta'],
                  properties: {
                    data: { type: 'array', items: ref('schemas/CloudEvent') },
                    meta: {
                      type: 'object',
                      required: ['requestId', 'agreement', 'next', 'hasMore'],
                      properties: {
                        requestId: { type: 'string', format: 'uuid' },
                        agreement: { type: 'string' },
                        next: { type: 'string' },
                        hasMore: { type: 'boolean' },
                      },
                    },
                  },
                },
              },
            },
          },
          ...Object.fromEntries(
            (
              [
                'BadRequest',
                'Unauthorized',
                'Forbidden',
                'NotFound',
                'Gone',
                'TooMany',
                'Unavailable',
              ] as const
            ).map((name) => [responses[name].status, ref(`responses/${name}`)]),
          ),
        },
      },
    };
  }
  return paths;
}

/** Problem responses: a status, and the codes that come with it. */
const responses = {
  BadRequest: { status: 400, description: 'The request breaks its contract' },
  Unauthorized: { status: 401, description: 'No valid access token' },
  Forbidden: { status: 403, description: 'The agreement does not allow it' },
  NotFound: { status: 404, description: 'No data within the scope granted' },
  Conflict: { status: 409, description: 'The same version was sent before with other content' },
  Gone: { status: 410, description: 'The cursor is older than the changes kept' },
  TooLarge: { status: 413, description: 'The body exceeds the limit' },
  MediaType: { status: 415, description: 'Not application/json' },
  TooMany: { status: 429, description: 'Rate, quota or failed matches exhausted' },
  BadGateway: { status: 502, description: 'The registry refused, failed, or broke the contract' },
  Unavailable: { status: 503, description: 'Registry or store unavailable, or evidence cannot be recorded' },
  Timeout: { status: 504, description: 'The registry did not answer in time' },
} as const;

function problemResponse(name: keyof typeof responses): Json {
  const { status, description } = responses[name];
  const codes = (Object.keys(problems) as ProblemCode[]).filter((code) => problems[code].status === status);
  return {
    description: `${description}. Codes: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    ...((status === 429 || status === 503) && { headers: { 'Retry-After': ref('headers/RetryAfter') } }),
    content: { 'application/problem+json': { schema: ref('schemas/Problem') } },
  };
}

const headers = {
  RequestId: {
    description: 'Names the call in evidence and logs',
    schema: { type: 'string', format: 'uuid' },
  },
  RateLimit: {
    description: 'What remains (draft-ietf-httpapi-ratelimit-headers)',
    schema: { type: 'string' },
  },
  RateLimitPolicy: {
    description: "The agreement's rate (draft-ietf-httpapi-ratelimit-headers)",
    schema: { type: 'string' },
  },
  RetryAfter: { description: 'Seconds', schema: { type: 'integer' } },
};

const header = (name: string, description: string, schema: Json) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

const parameters = {
  Purpose: header(
    'X-Purpose',
    'Purpose of use, one that the agreement names; required unless the agreement says otherwise',
    { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
  ),
  CaseId: header('X-Case-Id', 'Dossier; required when the agreement says so', {
    type: 'string',
    maxLength: 40,
  }),
  OfficerId: header('X-Officer-Id', 'Officer; required when the agreement says so', {
    type: 'string',
    maxLength: 20,
  }),
  RequestId: header('X-Request-Id', 'A UUID of yours; else one is made', { type: 'string', format: 'uuid' }),
  Language: header('Accept-Language', 'Language of errors: vi (default) or en', { type: 'string' }),
};

const meta: Json = {
  type: 'object',
  required: ['requestId', 'agreement', 'asOf', 'withheld'],
  properties: {
    requestId: { type: 'string', format: 'uuid' },
    agreement: { type: 'string', description: 'Number of the agreement that decided' },
    asOf: { type: 'string', format: 'date-time' },
    nextPageToken: { type: 'string' },
    withheld: {
      type: 'array',
      items: { type: 'string' },
      description: 'Paths of the contract that the agreement does not grant',
    },
  },
};

const problem: Json = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: Object.keys(problems) },
    requestId: { type: 'string', format: 'uuid' },
    reason: { type: 'string' },
    agreement: { type: 'string' },
    legalBasis: { type: 'array', items: { type: 'string' } },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: { pointer: { type: 'string' }, header: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

const cloudEvent: Json = {
  type: 'object',
  description: 'CloudEvents 1.0, structured mode',
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'sequence'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string' },
    source: { type: 'string' },
    type: { type: 'string' },
    subject: { type: 'string', description: "The agreement's pseudonym of the subject" },
    time: { type: 'string', format: 'date-time' },
    sequence: { type: 'string', pattern: '^[0-9]+$' },
    datacontenttype: { const: 'application/json' },
    data: { type: 'object' },
  },
};

const ref = (path: string): Json => ({ $ref: `#/components/${path}` });

/** `strict`: the schema as it is. `granted`: what an agreement may leave of it. */
type Form = 'strict' | 'granted';

function schemaComponents(catalog: Catalog): Record<string, unknown> {
  const components: Record<string, unknown> = {};
  const add = (file: string, form: Form): void => {
    const name = componentName(file, form);
    if (name in components) return;
    components[name] = undefined;
    components[name] = rewrite(catalog.schemas.get(file) as Json, file, form, (other) => add(other, form));
  };
  for (const service of catalog.services.values()) {
    add(fileOf(service.requestSchema), 'strict');
    add(fileOf(service.responseSchema), service.kind === 'publish' ? 'strict' : 'granted');
  }
  for (const stream of catalog.streams.values())
    for (const entity of stream.entities.values()) add(fileOf(entity.schema), 'strict');
  return components;
}

function fileOf(schema: object): string {
  return (schema as { $id: string }).$id;
}

/** `person-lookup.request.schema.json` → `PersonLookupRequest`, `person.schema.json` as granted → `PersonGranted`. */
function componentName(file: string, form: Form): string {
  const words = file.replace('.schema.json', '').split(/[.-]/);
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return form === 'granted' ? `${name}Granted` : name;
}

function reference(file: string, form: Form): Json {
  return ref(`schemas/${componentName(file, form)}`);
}

const documentKeywords = new Set(['$id', '$schema', 'x-personal-id-agrees']);
/** What demands that something be there. */
const demands = new Set([
  'required',
  'minProperties',
  'dependentRequired',
  'oneOf',
  'anyOf',
  'if',
  'then',
  'else',
  'not',
]);

/** A copy of a schema whose references lead to components. */
function rewrite(
  schema: unknown,
  file: string,
  form: Form,
  visit: (file: string) => void = () => {},
): unknown {
  if (Array.isArray(schema)) return schema.map((item) => rewrite(item, file, form, visit));
  if (!(schema instanceof Object)) return schema;
  const entries = Object.entries(schema)
    .filter(
      ([keyword, value]) =>
        !documentKeywords.has(keyword) &&
        !(form === 'granted' && demands.has(keyword) && isDemand(keyword, value)),
    )
    .map(([keyword, value]) => {
      if (keyword === 'properties' || keyword === '$defs') {
        return [
          keyword,
          Object.fromEntries(
            Object.entries(value as Json).map(([name, child]) => [name, rewrite(child, file, form, visit)]),
          ),
        ];
      }
      if (keyword !== '$ref') return [keyword, rewrite(value, file, form, visit)];
      const [target, pointer = ''] = (value as string).split('#') as [string, string?];
      const document = target || file;
      visit(document);
      return [keyword, `#/components/schemas/${componentName(document, form)}${pointer}`];
    });
  return Object.fromEntries(entries);
}

/** `oneOf` of types says what a value is and stays; `oneOf` of what must be present goes. */
function isDemand(keyword: string, value: unknown): boolean {
  if (keyword !== 'oneOf' && keyword !== 'anyOf') return true;
  return (value as Json[]).every(
    (branch) => 'required' in branch || 'not' in branch || 'properties' in branch,
  );
}
