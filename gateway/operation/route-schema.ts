/**
 * The type of the `schema` option of the platform's own Fastify routes, with Fastify's member names. It is defined beside the route's code.
 * A service has a contract instead.
 *
 * `/openapi.json` is generated from it (`documents/openapi/operation.ts`), and the steps that read a request use the limits of its
 * parameters. Fastify does not compile it (docs/decisions/0073-documents-come-from-routes.md).
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
  /** `true`: the gateway signs the answer when the caller asks for a signature. */
  readonly signed?: boolean;
}

/** The name of a set of problems with which the route refuses requests (`documents/openapi/responses.ts`). */
export type Refusals = 'public' | 'client' | 'directory' | 'subscribe' | 'subscription' | 'copy' | 'feed';

/**
 * The headers that a request may have. `common`: the headers of every call (request id, language); `signed`: these and the signature;
 * `agreement`: all of these and the declarations under an agreement (purpose, case, officer).
 */
export type RequestHeaders = 'common' | 'signed' | 'agreement';

export interface RouteSchema extends FastifySchema {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** Scopes of which the token needs one; an empty list: any valid token suffices. Absent: the route takes no token. */
  readonly scopes?: readonly string[];
  readonly params?: Parameters;
  readonly querystring?: Parameters;
  readonly headers?: Parameters;
  readonly takes?: RequestHeaders;
  readonly body?: Content;
  readonly response: Readonly<Record<number, DescribedAnswer>>;
  readonly refusals: Refusals;
}
