/**
 * Steps that mostly have their result at hand, and only sometimes must wait for it (a token that was not seen before, a
 * quota whose share is used up). A promise for each, and a turn of the queue, would cost a call more than the steps.
 */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';

type Awaitable<T> = T | Promise<T>;

/** Goes on with `value`: at once when it is there. */
export function then<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** A hook of Fastify's that is done when `work` is, and fails when it throws or rejects. */
export function hookAtOnce(
  work: (request: FastifyRequest, reply: FastifyReply) => Awaitable<undefined>,
): onRequestHookHandler {
  return (request, reply, done) => {
    let result: Awaitable<undefined>;
    try {
      result = work(request, reply);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (result instanceof Promise) result.then(() => done(), done);
    else done();
  };
}
