/** The OpenAPI document of a catalogue, made of the routes of an application that serves nobody. */
import fastify from 'fastify';
import type { Catalog } from '../../gateway/catalog/catalog.ts';
import { describeRoutes } from '../../gateway/documents/openapi/describe-routes.ts';
import { documentRoutes } from '../../gateway/documents/routes.ts';
import { exchangeRoutes } from '../../gateway/exchange/catalogue-routes.ts';
import { identityRoutes } from '../../gateway/identity/server/routes.ts';

const publicUrl = 'https://lienthong.example.vn';

/** An application with all routes of `catalog`, of which those of the documents can be called. The caller closes it. */
export async function documentsApp(catalog: Catalog) {
  const app = fastify();
  const documents = await describeRoutes(app, { catalog, publicUrl });
  await app.register(identityRoutes({ issuer: publicUrl } as never));
  await app.register(documentRoutes, { catalog, publicUrl, documents });
  for (const route of exchangeRoutes({ catalog, changes: { webhooks: { answerTime: 1 } } } as never))
    app.route(route);
  await app.ready();
  return { app, documents };
}

export async function openApiOf(catalog: Catalog, language: 'en' | 'vi' = 'en') {
  const { app, documents } = await documentsApp(catalog);
  await app.close();
  return documents(language);
}
