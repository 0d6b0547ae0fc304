/** `/openapi.json`, `/asyncapi.json`, Swagger UI at `/docs`, the schemas at `/schemas/{name}`: public, generated from the catalogue. */
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'yaml';
import type { Catalog } from '../catalog/catalog.ts';
import { CHANGE_EVENT_SCHEMA } from '../changes/render/event.ts';
import { Problem } from '../problems/problem.ts';
import { preferredLanguage } from '../wire/language.ts';
import { asyncApi } from './asyncapi/asyncapi.ts';
import type { Documents } from './openapi/describe-routes.ts';
import { pageLogo, theme, uiConfig } from './openapi/swagger-page.ts';
import { version } from './openapi/version.ts';
import { changeEventSchema } from './schemas/change-event.ts';

type Language = 'vi' | 'en';

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
  { catalog, publicUrl, documents }: DocumentOptions,
): Promise<void> {
  // Anybody may ask for a document: it is written once for each catalogue, which has an application of its own, and language.
  const texts = new Map<string, string>();
  const once = (name: string, write: () => string): string => {
    const text = texts.get(name) ?? write();
    texts.set(name, text);
    return text;
  };
  const document = (language: Language) =>
    once(`openapi ${language}`, () => JSON.stringify(documents(language)));
  // Calls go where the page came from: its policy allows no other place.
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

  // The plugins below refuse by errors of their own: here they are known by where they arise.
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
        // Relative addresses of the page begin at its folder.
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
