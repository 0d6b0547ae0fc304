/** `/openapi.json`, `/asyncapi.json`, Swagger UI at `/docs`, the schemas at `/schemas/{name}`: public, generated from the catalogue. */
import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { Catalog } from '../catalog/catalog.ts';
import { CHANGE_EVENT_SCHEMA } from '../changes/event.ts';
import { Problem } from '../errors.ts';
import { asyncApi } from './asyncapi.ts';
import { changeEventSchema } from './change-event.ts';
import { openApi } from './openapi.ts';

export interface DocumentOptions {
  readonly catalog: () => Catalog;
  readonly publicUrl: string;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Everything that the pages need is served here; Swagger UI sets styles and shows inline images. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "object-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
].join('; ');

export async function documentRoutes(
  app: FastifyInstance,
  { catalog, publicUrl }: DocumentOptions,
): Promise<void> {
  // One document for each catalogue, made when first asked for.
  const documents = new WeakMap<Catalog, { readonly value: object; readonly json: string }>();
  const asyncDocuments = new WeakMap<Catalog, string>();
  const asyncDocument = () => {
    const current = catalog();
    const json = asyncDocuments.get(current) ?? JSON.stringify(asyncApi(current, { publicUrl, version }));
    asyncDocuments.set(current, json);
    return json;
  };
  const document = () => {
    const current = catalog();
    let made = documents.get(current);
    if (!made) {
      const value = openApi(current, { publicUrl, version });
      made = { value, json: JSON.stringify(value) };
      documents.set(current, made);
    }
    return made;
  };

  // The plugins below refuse by errors of their own: here they are known by where they arise.
  app.setErrorHandler((error) => {
    throw refusalOf(error);
  });
  await app.register(swagger, { mode: 'static', specification: { document: document().value as never } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    transformSpecification: () => document().value as Record<string, unknown>,
    uiConfig: { deepLinking: true, persistAuthorization: false, validatorUrl: null },
  });
  app.get('/openapi.json', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(document().json),
  );
  app.get('/asyncapi.json', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(asyncDocument()),
  );
  app.get<{ Params: { name: string } }>('/schemas/:name', (request, reply) => {
    const { name } = request.params;
    const schema = name === CHANGE_EVENT_SCHEMA ? changeEventSchema : catalog().schemas.get(name);
    if (!schema) throw new Problem('route_not_found');
    return reply.type('application/schema+json').send(JSON.stringify(schema));
  });
}

/** A file that is not there, or not to be had, has no address here. What else a plugin refuses, it refuses to the request. */
function refusalOf(error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('statusCode' in error)) return error;
  const status = Number(error.statusCode);
  if (status === 403 || status === 404) return new Problem('route_not_found');
  return status >= 400 && status < 500 ? new Problem('malformed_request', { cause: error }) : error;
}
