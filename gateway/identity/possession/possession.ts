/**
 * Checks that the sender of a token holds the key or certificate to which it is bound (RFC 9449, 7.1; RFC 8705, 3), and that
 * the token is bound as its system's file requires.
 */
import type { System } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import type { Caller } from '../caller.ts';
import type { ClientCertificates } from '../certificates/client-certificates.ts';
import type { RequestCredentials } from '../certificates/credentials.ts';
import { challenge, type SentToken } from './authorization.ts';
import type { DpopNonces } from './dpop-nonces.ts';
import { InvalidProof, type Proof, type ProofVerifier } from './dpop-proof.ts';
import type { Misuses } from './misuse.ts';
import type { UsedProofs } from './used-proofs.ts';

interface PossessionOptions {
  readonly publicUrl: string;
  readonly proofs: ProofVerifier;
  readonly nonces: DpopNonces;
  readonly used: UsedProofs;
  readonly certificates: ClientCertificates;
  readonly misuses: Misuses;
  /** `true`: bearer tokens are refused, whatever their issuer is, even if the file of their system allows them. */
  readonly requireBoundTokens: boolean;
}

/**
 * Returns the caller of a token that was sent correctly: a resolved value for a bearer token and one bound to a certificate.
 * @throws Problem `token_invalid`, attributed to the caller; `dpop_nonce_required`; `store_unavailable`
 */
export type ProvePossession = (
  caller: Caller,
  system: System,
  sent: SentToken,
  request: RequestCredentials,
) => Caller | Promise<Caller>;

export function provePossession(options: PossessionOptions): ProvePossession {
  const { publicUrl, proofs, nonces, used, certificates, misuses, requireBoundTokens } = options;

  const nonceRequired = (description: string) =>
    new Problem('dpop_nonce_required', {
      headers: { ...challenge('DPoP', 'use_dpop_nonce', description), 'DPoP-Nonce': nonces.current() },
    });

  const proveKey = async (
    caller: Caller,
    jkt: string,
    token: string,
    request: RequestCredentials,
  ): Promise<Caller> => {
    const { method, url, headers } = request;
    const query = url.indexOf('?');
    const target = {
      method,
      url: publicUrl + (query < 0 ? url : url.slice(0, query)),
      token: { text: token, jkt },
    };
    let proof: Proof;
    try {
      proof = await proofs.verify(String(headers.dpop), target);
    } catch (error) {
      throw error instanceof InvalidProof ? misuses.refuse(caller, 'DPoP', error) : error;
    }
    if (!nonces.accepts(proof.nonce)) throw nonceRequired('send a proof with the nonce of DPoP-Nonce');
    const use = await used.use(proof).catch((cause: unknown) => {
      throw new Problem('store_unavailable', { retryAfter: 1, cause });
    });
    if (use === 'used before') throw misuses.refuse(caller, 'DPoP', 'proof_replayed');
    if (use === 'stale') throw nonceRequired('send a new proof');
    return caller;
  };

  return (caller, system, { scheme, token }, request) => {
    const { jkt, 'x5t#S256': thumbprint } = caller.confirmation ?? {};
    if (requireBoundTokens && !jkt && !thumbprint) throw misuses.refuse(caller, 'DPoP', 'binding_required');
    if (system.binding === 'dpop' && !jkt) throw misuses.refuse(caller, 'DPoP', 'binding_required');
    if (system.binding === 'mtls' && !thumbprint) throw misuses.refuse(caller, scheme, 'binding_required');
    if (thumbprint) {
      const certificate = certificates.of(request);
      if (!certificate) throw misuses.refuse(caller, scheme, 'certificate_missing');
      if (certificate.thumbprint !== thumbprint) throw misuses.refuse(caller, scheme, 'certificate_other');
    }
    if (!jkt) {
      if (scheme === 'DPoP') throw misuses.refuse(caller, scheme, 'proof_unexpected');
      return caller;
    }
    if (scheme !== 'DPoP' || request.headers.dpop === undefined) {
      throw misuses.refuse(caller, 'DPoP', 'proof_missing');
    }
    return proveKey(caller, jkt, token, request);
  };
}
