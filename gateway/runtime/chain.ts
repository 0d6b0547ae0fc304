/** A value, or the promise of one. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Passes `value` to `next`, without a promise when the value is resolved already. Most steps of the request flow have their
 * result ready (a verified token, an unused share of a quota): a promise for each, and a tick of the event loop, would cost more
 * than the steps.
 */
export function chain<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
