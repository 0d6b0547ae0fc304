/** Stops Fastify from compiling the schemas of routes (docs/decisions/0073-documents-come-from-routes.md). */
import type { FastifyInstance } from 'fastify';

/**
 * Makes the schemas of all routes that are added to `app` afterwards descriptive only. The steps of the request flow validate requests,
 * so that an error names every violation, and serialise the answers.
 */
export function describeOnly(app: FastifyInstance): void {
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
}
