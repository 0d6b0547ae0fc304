/**
 * X.509 certificates (RFC 5280) for tests, written by hand: a fresh machine has Node and nothing that makes them.
 * Keys are P-256, signatures ECDSA with SHA-256.
 */
import { generateKeyPairSync, hash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

/** Names of the most general first, as they stand in a certificate: `[['C', 'VN'], ['CN', 'x']]`. */
export type Subject = readonly (readonly [type: keyof typeof nameTypes, value: string])[];

interface CertificateOptions {
  readonly subject: Subject;
  readonly san?: readonly (readonly [type: keyof typeof sanTypes, value: string])[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly ca?: boolean;
  /** Of its own making by default, on P-256. */
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

export interface Certificate {
  readonly pem: string;
  readonly keyPem: string;
  readonly x509: X509Certificate;
  /** `x5t#S256` */
  readonly thumbprint: string;
  /** The header field of a proxy (RFC 9440, 2.1). */
  readonly header: string;
  readonly subject: Subject;
  readonly privateKey: KeyObject;
}

const nameTypes = { CN: '2.5.4.3', C: '2.5.4.6', L: '2.5.4.7', O: '2.5.4.10', OU: '2.5.4.11' } as const;
const sanTypes = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const DAY = 86_400_000;

/** A certificate by `issuer`, or by itself. */
export function makeCertificate(options: CertificateOptions, issuer?: Certificate): Certificate {
  const { privateKey, publicKey } = options.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name(issuer?.subject ?? options.subject),
    sequence(
      time(options.notBefore ?? new Date(Date.now() - DAY)),
      time(options.notAfter ?? new Date(Date.now() + DAY)),
    ),
    name(options.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions(options))),
  );
  const signature = sign('sha256', tbs, issuer?.privateKey ?? privateKey);
  const der = sequence(tbs, algorithm, tlv(0x03, Buffer.from([0]), signature));
  const base64 = der.toString('base64');
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    x509: new X509Certificate(der),
    thumbprint: hash('sha256', der, 'base64url'),
    header: `:${base64}:`,
    subject: options.subject,
    privateKey,
  };
}

/** An authority of its own. */
export function makeAuthority(commonName: string): Certificate {
  return makeCertificate({ subject: [['CN', commonName]], ca: true });
}

function extensions({ san = [], ca = false }: CertificateOptions): Buffer[] {
  const extension = (id: string, value: Buffer) =>
    sequence(oid(id), tlv(0x01, Buffer.from([0xff])), tlv(0x04, value));
  return [
    extension('2.5.29.19', ca ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence()),
    ...(san.length > 0
      ? [
          extension(
            '2.5.29.17',
            sequence(...san.map(([type, value]) => tlv(sanTypes[type], sanValue(type, value)))),
          ),
        ]
      : []),
  ];
}

function sanValue(type: keyof typeof sanTypes, value: string): Buffer {
  return type === 'ip' ? Buffer.from(value.split('.').map(Number)) : Buffer.from(value);
}

function name(subject: Subject): Buffer {
  return sequence(
    ...subject.map(([type, value]) =>
      tlv(0x31, sequence(oid(nameTypes[type]), tlv(type === 'C' ? 0x13 : 0x0c, Buffer.from(value)))),
    ),
  );
}

function time(date: Date): Buffer {
  return tlv(0x18, Buffer.from(date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let more = arc >> 7; more > 0; more >>= 7) digits.unshift((more & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

/** DER: tag, length, value. */
function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const length = Buffer.from(value.length.toString(16).padStart(value.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}
