/** How far a call has come: written by the pipeline, read when it ends (log, metrics, evidence of a refusal). */

import type { Caller } from '../identity/caller.ts';
import type { Entry } from '../runtime/ledger.ts';
import type { RequestSignature } from '../signatures/verify-request.ts';
import type { Authorisation, Declaration, StreamAuthorisation } from './steps/authorise.ts';

export interface Progress {
  /** What the request has taken of the port (`runtime/ledger.ts`). */
  readonly entry: Entry;
  /** When the gateway began with it, in the clock of `performance.now()`, less the time that its body, or an endpoint that it names, took. */
  since: number;
  /** When it began to wait for the body. */
  bodyFrom: number;
  /** Service key or stream name; a fixed word for everything else. */
  service: string;
  caller: Caller | undefined;
  declaration: Declaration | undefined;
  /** Personal identification numbers in the request. */
  subjects: readonly string[];
  /** The body, or method and path of a request without one: what evidence digests. */
  bytes: Buffer | string | undefined;
  /** The request's signature, when it was verified. */
  signature: RequestSignature | undefined;
  /** Was the content held against `Content-Digest`, and did it fit? */
  contentVerified: boolean;
  /** Is the answer a stream? */
  streamed: boolean;
  /** Checks that the contract only warns of, once for each record that breaks one. */
  warned: readonly string[];
  /** `ok`, the problem's code, or `cut_off`: the gateway closes the connection. How it really ended: `http/app.ts`. */
  outcome: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    progress: Progress;
    authorisation: Authorisation | undefined;
    streamAuthorisation: StreamAuthorisation | undefined;
  }
  interface FastifyContextConfig {
    /** Key of the service that a route performs. */
    service?: string;
    /** Milliseconds; that of `problems/in-time.ts` where a route has none. */
    deadline?: number;
    /** The route refuses texts that are no Unicode itself (`wire/json-body.ts`). */
    passFaults?: boolean;
  }
}
