/** The state that the agencies' port keeps for a request (`http/app.ts`), beside the state of the request flow (`call.ts`). */
import type { Entry } from '../runtime/ledger.ts';
import type { CallSoFar } from './call.ts';

export interface Arrival {
  /** The request's entry among the calls in flight (`runtime/ledger.ts`). */
  readonly entry: Entry;
  /** The start of the processing, by `performance.now()`, moved by the time for which the gateway waited for the body or an endpoint of the caller. */
  since: number;
  /** The time at which the gateway began to wait for the body. */
  bodyFrom: number;
  /** The bytes whose digest evidence has: the body, or method and path of a request without one. */
  bytes: Buffer | string | undefined;
  /** `ok`, the problem's code, or `cut_off` (the gateway closes the connection). `http/app.ts` determines the actual end. */
  outcome: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    arrival: Arrival;
    /** The result of the last step. `undefined`: the request takes no flow of `routes.ts`, or its first step has not run. */
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
