/** A value, or the promise of one. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Goes on with `value`, without a promise where none is needed. A step of the request flow mostly has its result at hand (a token
 * that was verified before, a quota whose share lasts): a promise for each, and a tick of the event loop, would cost a call more
 * than the steps.
 */
export function chain<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
