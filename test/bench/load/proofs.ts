/**
 * DPoP proofs (RFC 9449) as fast as one process can sign them: by `node:crypto`, with all that stays the same encoded
 * once. Most of a round's are made before its time begins, so that making them is not what is measured.
 */
import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto';
import type { Proving } from './job.ts';

export interface Proofs {
  /** The header line that proves one request. */
  line(request: Buffer): string;
}

/** @param requests whole HTTP/1.1 requests: they will be sent in turn, and a share of them is proved in advance */
export function prepareProofs(proving: Proving, requests: readonly Buffer[], ahead: number): Proofs {
  const { token, nonce, origin } = proving;
  const key = createPrivateKey({ key: { ...proving.privateJwk }, format: 'jwk' });
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = encode({ alg: 'ES256', typ: 'dpop+jwt', jwk });
  const ath = hash('sha256', token, 'base64url');
  let serial = 0;

  const make = (request: Buffer): string => {
    const [htm, path] = request.toString('latin1', 0, request.indexOf(' HTTP/')).split(' ');
    const payload = encode({
      jti: `${process.pid}-${Date.now()}-${serial++}`,
      htm,
      htu: origin + path,
      iat: Math.floor(Date.now() / 1000),
      nonce,
      ath,
    });
    const data = `${header}.${payload}`;
    const signature = sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' });
    return `DPoP: ${data}.${signature.toString('base64url')}\r\n`;
  };

  const ready = Array.from({ length: ahead }, (_, index) => make(requests[index % requests.length]!));
  let next = 0;
  return { line: (request) => ready[next++] ?? make(request) };
}
