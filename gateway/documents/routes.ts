/** `/openapi.json`, `/asyncapi.json`, Swagger UI at `/docs`, the schemas at `/schemas/{name}`: public, generated from the catalogue. */
import { readFileSync } from 'node:fs';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Catalog } from '../catalog/catalog.ts';
import { CHANGE_EVENT_SCHEMA } from '../changes/event.ts';
import { Problem } from '../errors.ts';
import { preferredLanguage } from '../exchange/language.ts';
import { asyncApi } from './asyncapi.ts';
import { changeEventSchema } from './change-event.ts';
import { openApi } from './openapi.ts';
import { pageLogo, theme, uiConfig } from './swagger-page.ts';

type Language = 'vi' | 'en';

interface Made {
  readonly value: object;
  readonly json: string;
}

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
  // One document for each catalogue and language, made when first asked for.
  const documents = new WeakMap<Catalog, Partial<Record<Language, Made>>>();
  const asyncDocuments = new WeakMap<Catalog, string>();
  const asyncDocument = () => {
    const current = catalog();
    const json = asyncDocuments.get(current) ?? JSON.stringify(asyncApi(current, { publicUrl, version }));
    asyncDocuments.set(current, json);
    return json;
  };
  const document = (language: Language): Made => {
    const current = catalog();
    const made = documents.get(current)?.[language];
    if (made) return made;
    const value = openApi(current, { publicUrl, version, language });
    const fresh = { value, json: JSON.stringify(value) };
    documents.set(current, { ...documents.get(current), [language]: fresh });
    return fresh;
  };

  // The plugins below refuse by errors of their own: here they are known by where they arise.
  app.setErrorHandler((error) => {
    throw refusalOf(error);
  });
  await app.register(swagger, { mode: 'static', specification: { document: document('en').value as never } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    ...{ theme, logo: pageLogo, uiConfig },
    // Relative addresses of the page begin at its folder.
    uiHooks: {
      onRequest: async (request, reply) => (isFolder(request) ? undefined : reply.redirect('docs/')),
    },
    // Calls go where the page came from: its policy allows no other place.
    transformSpecification: (_, request) => {
      const language = languageOf(request);
      const description = language === 'vi' ? 'Cổng này' : 'This gateway';
      return { ...document(language).value, servers: [{ url: '..', description }] };
    },
    transformSpecificationClone: false,
  });
  app.get('/openapi.json', (request, reply) => {
    const language = languageOf(request);
    return reply
      .header('content-language', language)
      .header('vary', 'Accept-Language')
      .type('application/json; charset=utf-8')
      .send(document(language).json);
  });
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

/**
 * `?lang=vi` or `?lang=en`, or else what `Accept-Language` prefers. Who asks for no language gets English: what reads this
 * document by itself makes code of it.
 */
function languageOf({ query, headers }: FastifyRequest): Language {
  const { lang } = query as { readonly lang?: unknown };
  if (lang === 'vi' || lang === 'en') return lang;
  return preferredLanguage(headers['accept-language'], 'en');
}

/** Whether it is for anything but `/docs` itself, which Fastify takes for `/docs/`, too. */
const isFolder = ({ url }: FastifyRequest): boolean => !/\/docs(\?|$)/.test(url);

/** A file that is not there, or not to be had, has no address here. What else a plugin refuses, it refuses to the request. */
function refusalOf(error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('statusCode' in error)) return error;
  const status = Number(error.statusCode);
  if (status === 403 || status === 404) return new Problem('route_not_found');
  return status >= 400 && status < 500 ? new Problem('malformed_request', { cause: error }) : error;
}
