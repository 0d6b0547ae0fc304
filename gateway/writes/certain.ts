import { UpstreamError } from '../../adapters/adapter.ts';

/** Is it certain that this request has changed nothing and never will (see `Write` in adapters/adapter.ts)? */
export function isCertain(
  error: unknown,
): error is UpstreamError & { readonly failure: 'refused' | 'unavailable' } {
  return error instanceof UpstreamError && (error.failure === 'refused' || error.failure === 'unavailable');
}
