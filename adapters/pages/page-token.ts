import { UpstreamError } from '../adapter.ts';

/** Largest offset of a page token. Nobody needs a registry page by page to its end. */
const FARTHEST = 1_000_000;

/**
 * Position of the next page: an offset and, for a registry of several upstreams, the upstream to continue with. The gateway
 * seals every page token, so no caller sees it.
 */
export function writePageToken(offset: number, upstream = ''): string {
  return Buffer.from(`${offset}.${upstream}`).toString('base64url');
}

/** @throws UpstreamError `refused` (`page_token_invalid`) for a token that no adapter has written */
export function readPageToken(token: string | undefined): { offset: number; upstream: string } {
  if (token === undefined) return { offset: 0, upstream: '' };
  const match = /^(\d{1,7})\.(\d{0,2})$/.exec(Buffer.from(token, 'base64url').toString('latin1'));
  const offset = Number(match?.[1]);
  if (!match || offset > FARTHEST) throw pageTokenInvalid();
  return { offset, upstream: match[2]! };
}

export function pageTokenInvalid(): UpstreamError {
  return new UpstreamError('refused', { reason: 'page_token_invalid' });
}
