/**
 * Page tokens. An adapter's cursor for its next page may name a record, or show how many there are, so it leaves the
 * gateway sealed (AES-256-GCM), and is worth something only to the same system, under the same agreement and scope, for the
 * same service and version, with the same request. Here for every service; adapters know nothing of it.
 *
 * The nonce is derived from what is sealed (SIV, as RFC 5297 does it), so a token is a function of the cursor and of what it
 * is bound to: two answers that must not show a difference have equal tokens too. Cursors are padded, so that a token's length
 * shows nothing.
 */
import type { Grant } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { placedFor } from '../../problems/violations.ts';
import { sealAlike, unseal } from '../../store/seal.ts';
import type { Secrets } from '../../store/secrets.ts';
import { canonicalise } from '../../wire/canonical-json.ts';

/** The property of a list's request. */
const PROPERTY = 'pageToken';
/** Bytes of a cursor, its length before it; longer ones take several. */
const BLOCK = 64;
/** Bytes of a cursor: its token is as long as contracts let it be. */
const LONGEST = 300;

export interface PageTokens {
  /**
   * The request as the adapter gets it: with the cursor that it gave in the place of the token.
   * @param request has passed the contract; not changed
   * @throws Problem `contract_violation` at `/pageToken`: the token is forged or altered, or belongs to something else
   */
  open(system: string, grant: Grant, request: unknown): unknown;
  /** The token of a cursor; `undefined` when there is no next page. */
  seal(system: string, grant: Grant, request: unknown, cursor: string | undefined): string | undefined;
}

export function createPageTokens(secrets: Pick<Secrets, 'derive'>): PageTokens {
  const key = secrets.derive('page-tokens');
  const nonceKey = secrets.derive('page-token-nonces');
  return {
    open(system, grant, request) {
      const asked = (request ?? {}) as Readonly<Record<string, unknown>>;
      if (asked[PROPERTY] === undefined) return request;
      const { [PROPERTY]: token, ...rest } = asked;
      const sealed = typeof token === 'string' ? Buffer.from(token, 'base64url') : Buffer.alloc(0);
      // One spelling for each token: base64url has several for the same bytes.
      const plain =
        sealed.toString('base64url') === token
          ? unseal(sealed, key, boundTo(system, grant, rest))
          : undefined;
      if (!plain) {
        throw new Problem('contract_violation', {
          errors: placedFor(grant.service.method, [{ pointer: `/${PROPERTY}`, ...checks.pageToken }]),
        });
      }
      return { ...rest, [PROPERTY]: unpad(plain) };
    },
    seal(system, grant, request, cursor) {
      if (cursor === undefined) return undefined;
      const { [PROPERTY]: _, ...rest } = (request ?? {}) as Readonly<Record<string, unknown>>;
      return sealAlike(pad(cursor), key, nonceKey, boundTo(system, grant, rest)).toString('base64url');
    },
  };
}

function boundTo(system: string, { agreement, service, scopeValues }: Grant, request: object): string {
  return canonicalise(['page 1', system, agreement.number, service.key, scopeValues ?? null, request]);
}

function pad(cursor: string): Buffer {
  const length = Buffer.byteLength(cursor);
  if (length > LONGEST) throw new Error(`a cursor of ${length} bytes is too long for a page token`);
  const padded = Buffer.alloc(Math.ceil((2 + length) / BLOCK) * BLOCK);
  padded.writeUInt16BE(length, 0);
  padded.write(cursor, 2);
  return padded;
}

function unpad(padded: Buffer): string {
  return padded.toString('utf8', 2, 2 + padded.readUInt16BE(0));
}
