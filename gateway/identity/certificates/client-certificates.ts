/**
 * The certificate that a client proved to hold when it connected (RFC 8705, 2): by TLS to this gateway, or by TLS to a
 * proxy that forwards it in `Client-Cert` (RFC 9440).
 *
 * The header counts only on connections from `TRUSTED_PROXIES`, where the proxy MUST remove the header that clients send; on
 * these connections the proxy's own certificate does not count. From any other address the header is refused, not ignored: it
 * is an attack, or comes from a proxy that is not configured.
 */
import { hash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import NodeCache from 'node-cache';
import { thumbprintOf } from '../../keys/jwk.ts';
import { parseNetworks } from '../../net/networks.ts';
import { checks } from '../../problems/sentences/checks.ts';
import type { Sentence } from '../../problems/sentences/sentence.ts';
import type { RequestCredentials } from './credentials.ts';

export interface ClientCertificate {
  readonly x509: X509Certificate;
  /** SHA-256 over the certificate, base64url: `x5t#S256`. */
  readonly thumbprint: string;
  /** RFC 7638 thumbprint of its public key. */
  readonly keyThumbprint: string;
  /** Within its validity dates. */
  readonly inForce: boolean;
  /** In force, and issued by a trusted authority. (Otherwise the client has only proved to hold its key.) */
  readonly trusted: boolean;
}

export interface ClientCertificates {
  /** Can client certificates reach the gateway? */
  readonly possible: boolean;
  /**
   * Do client certificates certainly reach the gateway? Not where proxies are trusted and no authority is configured: the
   * proxies may be trusted for `X-Forwarded-For` alone.
   */
  readonly certain: boolean;
  /**
   * The client certificate of a request, if there is one.
   * @throws CertificateRefused
   */
  of(request: RequestCredentials): ClientCertificate | undefined;
  close(): void;
}

/** The `Client-Cert` header is refused. The message is fixed, and may be sent to the client. */
export class CertificateRefused extends Error {
  override readonly name = 'CertificateRefused';
  readonly sentence: Sentence;

  constructor(sentence: Sentence) {
    super(sentence.detail);
    this.sentence = sentence;
  }
}

export interface CertificatesOptions {
  /** Does this gateway end TLS, and ask for certificates? */
  readonly byTls: boolean;
  /** Networks (CIDR) whose `Client-Cert` is accepted. */
  readonly trustedProxies: readonly string[];
  /** One of them must have issued a forwarded certificate directly. Without any, the proxy's own verification counts. */
  readonly authorities: readonly X509Certificate[];
}

interface Known {
  readonly certificate: Omit<ClientCertificate, 'inForce' | 'trusted'>;
  readonly issuedByTrusted: boolean;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The constant facts of a connection. */
interface Peer {
  readonly isProxy: boolean;
  readonly known: Known | undefined;
}

const MAX_LENGTH = 16_384;
/** One byte sequence (RFC 8941, 3.3.5) without parameters. */
const byteSequence = /^:([A-Za-z0-9+/]+={0,2}):$/;

/** @throws TypeError when a proxy's network is none */
export function createClientCertificates(
  options: CertificatesOptions & { readonly now: () => number },
): ClientCertificates {
  const { byTls, authorities, now } = options;
  const trustedProxies = parseNetworks(options.trustedProxies);
  const peers = new WeakMap<Socket, Peer>();
  const certificatesByHeader = new NodeCache({
    useClones: false,
    maxKeys: 5000,
    stdTTL: 600,
    checkperiod: 60,
  });

  const peerOf = (socket: Socket): Peer => {
    const seen = peers.get(socket);
    if (seen) return seen;
    const isProxy = socket.remoteAddress !== undefined && trustedProxies.includes(socket.remoteAddress);
    const peer = { isProxy, known: isProxy ? undefined : ofConnection(socket) };
    peers.set(socket, peer);
    return peer;
  };

  const fromHeader = (header: string): Known => {
    const digest = hash('sha256', header, 'base64');
    const seen = certificatesByHeader.get<Known>(digest);
    if (seen) return seen;
    const x509 = readHeader(header);
    const known = describe(
      x509,
      authorities.length === 0 || authorities.some((authority) => isIssuedBy(x509, authority)),
    );
    try {
      certificatesByHeader.set(digest, known);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ECACHEFULL') throw error;
    }
    return known;
  };

  return {
    possible: byTls || options.trustedProxies.length > 0,
    certain: byTls || (options.trustedProxies.length > 0 && authorities.length > 0),
    of: ({ headers, socket }) => {
      const { isProxy, known } = peerOf(socket);
      const header = headers['client-cert'];
      if (header === undefined) return known && certificateAt(known, now());
      if (!isProxy) throw new CertificateRefused(checks.certificateFromProxies);
      if (typeof header !== 'string') throw new CertificateRefused(checks.certificateOnce);
      return certificateAt(fromHeader(header), now());
    },
    close: () => certificatesByHeader.close(),
  };
}

/** The certificate with its validity at a moment, in milliseconds since the epoch. */
function certificateAt(
  { certificate, issuedByTrusted, notBefore, notAfter }: Known,
  at: number,
): ClientCertificate {
  const inForce = notBefore <= at && at < notAfter;
  return { ...certificate, inForce, trusted: issuedByTrusted && inForce };
}

function ofConnection(socket: Socket): Known | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const x509 = socket.getPeerX509Certificate();
  return x509 && describe(x509, socket.authorized);
}

function readHeader(header: string): X509Certificate {
  const encoded = header.length <= MAX_LENGTH ? byteSequence.exec(header)?.[1] : undefined;
  if (encoded === undefined) throw new CertificateRefused(checks.certificateBytes);
  const der = Buffer.from(encoded, 'base64');
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(der);
  } catch {
    throw new CertificateRefused(checks.certificateUnreadable);
  }
  // Nothing before or after it: the thumbprint is over these bytes.
  if (!x509.raw.equals(der)) throw new CertificateRefused(checks.certificateUnreadable);
  return x509;
}

function isIssuedBy(x509: X509Certificate, authority: X509Certificate): boolean {
  return authority.ca && x509.checkIssued(authority) && x509.verify(authority.publicKey);
}

function describe(x509: X509Certificate, issuedByTrusted: boolean): Known {
  const keyThumbprint = thumbprintOf(x509.publicKey.export({ format: 'jwk' }));
  if (!keyThumbprint) throw new CertificateRefused(checks.certificateKeyType);
  const thumbprint = hash('sha256', x509.raw, 'base64url');
  return {
    certificate: { x509, thumbprint, keyThumbprint },
    issuedByTrusted,
    notBefore: x509.validFromDate.getTime(),
    notAfter: x509.validToDate.getTime(),
  };
}
