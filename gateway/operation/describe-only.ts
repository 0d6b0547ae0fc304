/** Has Fastify compile nothing of the schemas of routes (docs/decisions/0073-documents-come-from-routes.md). */
import type { FastifyInstance } from 'fastify';

/**
 * Makes the schemas of the routes that are added to `app` afterwards a description: the steps validate requests, so that errors name
 * every violation, and write the answers.
 */
export function describeOnly(app: FastifyInstance): void {
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
}
