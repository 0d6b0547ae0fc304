/**
 * Runs a flow: the steps of one kind of route, in the order of the table (`routes.ts`).
 *
 * A step takes the call so far and returns the next one, or a promise of it: only where it has to wait. The last call is kept at
 * the request, so that a refusal can be recorded with all that was known.
 */
import type { FastifyReply, FastifyRequest, onRequestHookHandler, RouteHandlerMethod } from 'fastify';
import type { Awaitable } from '../runtime/chain.ts';
import type { Call } from './call.ts';

/** Each names, by its types, what it needs of a call and what it adds. */
export type Step<Parts> = (call: never, parts: Parts) => unknown;

/** Runs on the last call and on a step's error, before the error becomes a refusal. */
export type Look<Parts> = (call: never, error: unknown, parts: Parts) => Awaitable<void>;

export interface Flow<Parts> {
  /** Before the body is read. */
  readonly before: readonly Step<Parts>[];
  readonly after: readonly Step<Parts>[];
  readonly refused: readonly Look<Parts>[];
}

/** A step and its marks: `true` in the column of each kind of route that takes it. */
export type Row<S = unknown> = readonly [step: S, ...marks: readonly boolean[]];

/** The steps that have a mark in a column. */
export function column<S>(rows: readonly Row<S>[], index: number): S[] {
  return rows.filter(([, ...marks]) => marks[index]).map(([step]) => step);
}

/**
 * The type of a call that has taken the steps of a column, beginning as `Have`: the steps above a step MUST give all that it needs,
 * and the optional members too: that a member is absent says something only after the step that adds it.
 * Otherwise the type is that step and the members that it lacks, and no flow can be assigned to it.
 */
export type Flowing<Rows, Column extends number, Have> = Rows extends readonly [infer First, ...infer Rest]
  ? First extends readonly [infer S, ...infer Marks]
    ? Marks[Column & keyof Marks] extends true
      ? S extends (call: infer Needs, parts: infer _Parts) => infer Out
        ? [Have, keyof Needs] extends [Needs, keyof Have]
          ? Flowing<Rest, Column, Have & Awaited<Out>>
          : { readonly step: S; readonly lacks: Exclude<keyof Needs, keyof Have> }
        : never
      : Flowing<Rest, Column, Have>
    : never
  : Have;

/** Takes `steps` one after the other. Without a promise, unless a step waits. */
function take<Parts>(steps: readonly Step<Parts>[], begun: Call, parts: Parts): Awaitable<Call> {
  const { request } = begun;
  let call = begun;
  for (let index = 0; index < steps.length; index++) {
    const next = steps[index]!(call as never, parts) as Awaitable<Call>;
    if (next instanceof Promise) return takeRest(steps, index + 1, next, request, parts);
    call = next;
    request.call = call;
  }
  return call;
}

/** Takes the steps from `first` on, when the one before it has ended. */
async function takeRest<Parts>(
  steps: readonly Step<Parts>[],
  first: number,
  before: Promise<Call>,
  request: FastifyRequest,
  parts: Parts,
): Promise<Call> {
  let call = await before;
  request.call = call;
  for (let index = first; index < steps.length; index++) {
    const next = steps[index]!(call as never, parts) as Awaitable<Call>;
    // A resolved value is not awaited: that would cost a tick.
    call = next instanceof Promise ? await next : next;
    request.call = call;
  }
  return call;
}

/** The steps before the body, as a hook of Fastify's. */
export function beforeBody<Parts>(
  flowOf: (call: Call) => Flow<Parts>,
  parts: Parts,
  begin: (request: FastifyRequest, reply: FastifyReply) => Call,
): onRequestHookHandler {
  return (request, reply, done) => {
    let result: Awaitable<Call>;
    try {
      const call = begin(request, reply);
      request.call = call;
      result = take(flowOf(call).before, call, parts);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (result instanceof Promise) result.then(() => done(), done);
    else done();
  };
}

/** The steps that follow, as a handler of Fastify's. */
export function afterBody<Parts>(flowOf: (call: Call) => Flow<Parts>, parts: Parts): RouteHandlerMethod {
  return async (request, reply) => {
    const { after, refused } = flowOf(request.call!);
    try {
      await take(after, request.call!, parts);
    } catch (error) {
      for (const look of refused) await look(request.call as never, error, parts);
      throw error;
    }
    return reply;
  };
}
