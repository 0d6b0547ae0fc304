/** `/openapi.json`, `/asyncapi.json`, Swagger UI at `/docs`, the schemas at `/schemas/{name}`: public, generated from the catalogue. */

import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'yaml';
import type { Catalog } from '../catalog/catalog.ts';
import { CHANGE_EVENT_SCHEMA } from '../changes/render/event.ts';
import type { Language } from '../problems/codes.ts';
import { Problem } from '../problems/problem.ts';
import { preferredLanguage } from '../wire/language.ts';
import { asyncApi } from './asyncapi/asyncapi.ts';
import type { Documents } from './openapi/describe-routes.ts';
import { pageLogo, theme, uiConfig } from './openapi/swagger-page.ts';
import { version } from './openapi/version.ts';
import { changeEventSchema } from './schemas/change-event.ts';

/** A form of the document that Swagger UI shows. */
interface Page {
  readonly type: string;
  readonly write: (language: Language) => string;
}

export interface DocumentOptions {
  readonly catalog: Catalog;
  readonly publicUrl: string;
  readonly documents: Documents;
}

/** The pages load everything from here; Swagger UI sets styles and shows inline images. */
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
  { catalog, publicUrl, documents }: DocumentOptions,
): Promise<void> {
  // Documents are public: each is generated once for each language. A new catalogue has an application of its own.
  const texts = new Map<string, string>();
  const once = (name: string, write: () => string): string => {
    const text = texts.get(name) ?? write();
    texts.set(name, text);
    return text;
  };
  const document = (language: Language) =>
    once(`openapi ${language}`, () => JSON.stringify(documents(language)));
  // The page sends calls to its own origin, the only one that its policy allows.
  const pageDocument = (language: Language) =>
    once(`page ${language}`, () => {
      const description = language === 'vi' ? 'Cổng này' : 'This gateway';
      return JSON.stringify({ ...JSON.parse(document(language)), servers: [{ url: '..', description }] });
    });
  const pages: Readonly<Record<string, Page>> = {
    '/docs/json': { type: 'application/json; charset=utf-8', write: pageDocument },
    '/docs/yaml': {
      type: 'application/x-yaml',
      write: (language) => once(`yaml ${language}`, () => stringify(JSON.parse(pageDocument(language)))),
    },
  };

  // The plugins below refuse with errors of their own, which this context recognises.
  app.setErrorHandler((error) => {
    throw refusalOf(error);
  });
  // The plugin would write the document again for each request: the hook answers in its place.
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    ...{ theme, logo: pageLogo, uiConfig },
    uiHooks: {
      onRequest: async (request, reply) => {
        const page = pages[request.routeOptions.url ?? ''];
        if (page) return sendPage(request, reply, page);
        // The page's relative addresses start at its folder.
        return isFolder(request) ? undefined : reply.redirect('docs/');
      },
    },
  });
  app.get('/openapi.json', (request, reply) =>
    sendPage(request, reply, { type: 'application/json; charset=utf-8', write: document }),
  );
  app.get('/asyncapi.json', (_request, reply) =>
    reply
      .type('application/json; charset=utf-8')
      .send(once('asyncapi', () => JSON.stringify(asyncApi(catalog, { publicUrl, version })))),
  );
  app.get<{ Params: { name: string } }>('/schemas/:name', (request, reply) => {
    const { name } = request.params;
    const schema = name === CHANGE_EVENT_SCHEMA ? changeEventSchema : catalog.schemas.get(name);
    if (!schema) throw new Problem('route_not_found');
    return reply.type('application/schema+json').send(JSON.stringify(schema));
  });
}

function sendPage(request: FastifyRequest, reply: FastifyReply, { type, write }: Page): FastifyReply {
  const language = languageOf(request);
  return reply
    .header('content-language', language)
    .header('vary', 'Accept-Language')
    .type(type)
    .send(write(language));
}

/**
 * `?lang=vi` or `?lang=en`, or else the preference of `Accept-Language`. Without a preference the language is English, because
 * the readers are then code generators.
 */
function languageOf({ query, headers }: FastifyRequest): Language {
  const { lang } = query as { readonly lang?: unknown };
  if (lang === 'vi' || lang === 'en') return lang;
  return preferredLanguage(headers['accept-language'], 'en');
}

/** Is the request for anything but `/docs` itself? Fastify matches `/docs/` with it. */
const isFolder = ({ url }: FastifyRequest): boolean => !/\/docs(\?|$)/.test(url);

/** A missing or inaccessible file has no address here. Other refusals of a plugin concern the request. */
function refusalOf(error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('statusCode' in error)) return error;
  const status = Number(error.statusCode);
  if (status === 403 || status === 404) return new Problem('route_not_found');
  return status >= 400 && status < 500 ? new Problem('malformed_request', { cause: error }) : error;
}
