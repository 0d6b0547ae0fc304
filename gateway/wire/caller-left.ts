/**
 * The caller left: its connection is gone before its answer was sent. That is an outcome of its own (`caller_left`), no
 * refusal and no failure. It is judged by its origin, the request's own connection and body, and never by an error's code:
 * a registry, a broker and PostgreSQL reset connections too.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Ends a call that nobody waits for. Nothing is answered. */
export class CallerLeft extends Error {
  override readonly name = 'CallerLeft';
}

interface Received {
  readonly raw: IncomingMessage;
}

/** Can nothing be sent to the caller any more? */
export function hasLeft({ raw }: Received): boolean {
  return raw.socket.destroyed;
}

/**
 * Had the caller reset its connection before it was accepted? What it sent can be read all the same, but not its address:
 * it can be neither limited nor counted, and there is nobody to answer.
 */
export function neverMet({ socket }: IncomingMessage): boolean {
  return socket.remoteAddress === undefined;
}

/** @throws CallerLeft */
export function requireCaller(request: Received): void {
  if (hasLeft(request)) throw new CallerLeft('the caller left before its answer');
}

/** Is `error` that the caller left: is it the very error that ended the request's body? */
export function isCallerLeft(error: unknown, { raw }: Received): boolean {
  return error instanceof CallerLeft || (error instanceof Error && raw.errored === error);
}

/** Calls `over` when the answer is over, at once when it is over already. */
export function whenOver(response: ServerResponse, over: () => void): void {
  if (response.destroyed) over();
  else response.once('close', over);
}
