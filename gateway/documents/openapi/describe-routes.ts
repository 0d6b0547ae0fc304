/**
 * Makes the OpenAPI document from the routes: @fastify/swagger, in its dynamic mode, collects the routes that are registered
 * after it, so the document describes exactly the served routes.
 *
 * A route of the platform has a schema, and a service has a contract. A route without either is not in the document.
 */

import swagger from '@fastify/swagger';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type { Catalog } from '../../catalog/catalog.ts';
import { describeOnly } from '../../operation/describe-only.ts';
import type { Json } from '../../operation/json.ts';
import type { RouteSchema } from '../../operation/route-schema.ts';
import type { Language } from '../../problems/codes.ts';
import { openApi } from './openapi.ts';
import { operationOf } from './operation.ts';
import { serviceOperation } from './service-operation.ts';
import { version } from './version.ts';

/** The document in a language, once the application is ready. */
export type Documents = (language: Language) => Json;

interface DescribeOptions {
  readonly catalog: Catalog;
  readonly publicUrl: string;
}

/** The plugin's decorator of the application, for each language; the page at `/docs` uses the first. */
const DECORATORS = { en: 'swagger', vi: 'swaggerVi' } as const satisfies Record<Language, string>;

export async function describeRoutes(app: FastifyInstance, options: DescribeOptions): Promise<Documents> {
  describeOnly(app);
  for (const language of ['en', 'vi'] as const) {
    const paths: Record<string, Json> = {};
    await app.register(swagger, {
      decorator: DECORATORS[language],
      openapi: {},
      // The plugin would resolve references and lose the names of schemas, so operations bypass it.
      transform: ({ schema, url, route }) => {
        const operation = operationFor(route, options.catalog, language);
        if (operation) {
          const path = url.replaceAll(/:(\w+)/g, '{$1}');
          paths[path] = { ...paths[path], [String(route.method).toLowerCase()]: operation };
        }
        return { schema: { ...schema, hide: true }, url };
      },
      transformObject: () => openApi(paths, { ...options, version, language }),
    });
  }
  return (language) => app.getDecorator<() => Json>(DECORATORS[language])();
}

function operationFor(
  { schema, config }: RouteOptions,
  catalog: Catalog,
  language: Language,
): Json | undefined {
  const contract = config?.service === undefined ? undefined : catalog.services.get(config.service);
  if (contract) return serviceOperation(contract, catalog, language);
  return isDescribed(schema) ? operationOf(schema) : undefined;
}

/** Routes of plugins have schemas too, which hide them from the document. */
function isDescribed(schema: RouteOptions['schema']): schema is RouteSchema {
  return schema !== undefined && 'operationId' in schema;
}
