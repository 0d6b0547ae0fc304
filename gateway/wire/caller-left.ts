/**
 * A caller that leaves: its connection ends before its answer is sent. This is a separate outcome (`caller_left`), neither
 * refusal nor failure. It is recognised by the request's own connection and body, and never by an error's code:
 * connections to a registry, a broker or PostgreSQL are reset too.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Ends a call whose caller has left. The gateway sends no answer. */
export class CallerLeft extends Error {
  override readonly name = 'CallerLeft';
}

interface Received {
  readonly raw: IncomingMessage;
}

/** Is it impossible to send anything to the caller? */
export function hasLeft({ raw }: Received): boolean {
  return raw.socket.destroyed;
}

/**
 * Did the caller reset its connection before the gateway accepted it? Its request can still be read, but not its address:
 * so the gateway can neither limit nor count it, nor answer.
 */
export function wasResetEarly({ socket }: IncomingMessage): boolean {
  return socket.remoteAddress === undefined;
}

/** @throws CallerLeft */
export function requireCaller(request: Received): void {
  if (hasLeft(request)) throw new CallerLeft('the caller left before its answer');
}

/** Is `error` the very error that ended the request's body, or `CallerLeft`? */
export function isCallerLeft(error: unknown, { raw }: Received): boolean {
  return error instanceof CallerLeft || (error instanceof Error && raw.errored === error);
}

/** Calls `over` when the answer has been sent or its connection is gone, immediately if that has happened already. */
export function onClosed(response: ServerResponse, over: () => void): void {
  if (response.destroyed) over();
  else response.once('close', over);
}
