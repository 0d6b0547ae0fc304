/**
 * The schema of a route of the platform, beside the route's code: the `schema` of a Fastify route, in Fastify's own words. A service has
 * a contract instead.
 *
 * `/openapi.json` shows it (`documents/openapi/operation.ts`), and the limits of its parameters are those that the route reads a
 * request by. Fastify compiles nothing of it (docs/decisions/0073-documents-come-from-routes.md).
 */
import type { FastifySchema } from 'fastify';
import type { Json } from './json.ts';

/** An object whose properties are parameters. */
export interface Parameters {
  readonly type: 'object';
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Json>>;
}

interface Content {
  readonly content: Readonly<Record<string, { readonly schema: Json }>>;
}

export interface DescribedAnswer extends Partial<Content> {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Json>>;
  /** Does it bear a signature when the caller asks for one? */
  readonly signed?: boolean;
}

/** Sets of problems, as the document lists them (`documents/openapi/responses.ts`). */
export type Refusals = 'public' | 'client' | 'directory' | 'subscribe' | 'subscription' | 'copy' | 'feed';

/**
 * Headers that a request may have: those of any call (its id, its language); the signature, too; or also what a caller declares
 * under an agreement.
 */
export type RequestHeaders = 'common' | 'signed' | 'agreement';

export interface RouteSchema extends FastifySchema {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** Of which a token needs one; an empty list: every token will do. Absent: the route takes no token. */
  readonly scopes?: readonly string[];
  readonly params?: Parameters;
  readonly querystring?: Parameters;
  readonly headers?: Parameters;
  readonly takes?: RequestHeaders;
  readonly body?: Content;
  readonly response: Readonly<Record<number, DescribedAnswer>>;
  readonly refusals: Refusals;
}
