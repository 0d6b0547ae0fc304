import { UpstreamError } from '../adapter.ts';

/** Farthest that a page token leads: nobody reads a registry page by page to its end. */
const FARTHEST = 1_000_000;

/**
 * Where the next page begins: an offset, and for registries of several upstreams the one to go on with. Only the gateway
 * sees it: it seals every page token.
 */
export function writePageToken(offset: number, upstream = ''): string {
  return Buffer.from(`${offset}.${upstream}`).toString('base64url');
}

/** @throws UpstreamError `refused` (`page_token_invalid`) for what is no token of ours */
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
