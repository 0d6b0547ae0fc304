import { UpstreamError } from '../../adapters/adapter.ts';

/** Nothing was changed, and by this request nothing will be (see `Write` in adapters/adapter.ts). */
export function isCertain(
  error: unknown,
): error is UpstreamError & { readonly failure: 'refused' | 'unavailable' } {
  return error instanceof UpstreamError && (error.failure === 'refused' || error.failure === 'unavailable');
}
