/** The agencies' port keeps its own account of a request (`http/app.ts`), apart from the flow that the request takes (`call.ts`). */
import type { Entry } from '../runtime/ledger.ts';
import type { CallSoFar } from './call.ts';

export interface Arrival {
  /** The request's entry among the calls in flight (`runtime/ledger.ts`). */
  readonly entry: Entry;
  /** When the gateway began with it, by `performance.now()`; later by the time that its body, or an endpoint of the caller, took. */
  since: number;
  /** When it began to wait for the body. */
  bodyFrom: number;
  /** The body, or method and path of a request without one: what evidence digests. */
  bytes: Buffer | string | undefined;
  /** `ok`, the problem's code, or `cut_off`: the gateway closes the connection. How it really ended: `http/app.ts`. */
  outcome: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    arrival: Arrival;
    /** As the last step left it. `undefined`: the request takes no flow of `routes.ts`, or its first step has not run. */
    call: CallSoFar | undefined;
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
