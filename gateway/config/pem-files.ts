/** Reads the PEM files that variables name, once, when the gateway starts. So a wrong file is reported then and not at a handshake. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Parse, Report } from '../../adapters/config/variables.ts';
import { CIPHERS } from '../net/tls.ts';
import { codeOf } from './reader.ts';

/** A certificate chain and its private key, as PEM. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** Certificates of authorities. */
export interface Authorities {
  readonly pem: string;
  readonly certificates: readonly X509Certificate[];
}

/** Reads the variables of both files. */
interface PairReader<Name extends string> {
  value(name: Name): string | undefined;
  fail(name: Name, reason: string): undefined;
  warn(name: Name, reason: string): void;
}

/**
 * Reads a certificate chain and its private key, which MUST both be set or both be unset. The first certificate MUST belong to the key.
 * An expired certificate is only a warning, so that a restart does not turn it into an outage.
 */
export function readPair<Name extends string>(
  read: PairReader<NoInfer<Name>>,
  certificate: Name,
  key: Name,
): PemPair | undefined {
  const certificateFile = read.value(certificate);
  const keyFile = read.value(key);
  if (!certificateFile && !keyFile) return undefined;
  if (!certificateFile || !keyFile) {
    const [given, missing] = certificateFile ? [certificate, key] : [key, certificate];
    return read.fail(missing, `is required with ${given}`);
  }
  const chain = authorities(certificateFile, reportOf(read, certificate));
  const leaf = chain?.certificates[0];
  const pem = readText(keyFile, reportOf(read, key));
  const privateKey = pem === undefined ? undefined : readKey(pem, reportOf(read, key));
  if (chain && leaf && privateKey) {
    const isPair = leaf.checkPrivateKey(privateKey);
    const refusal = isPair ? refusalOf(chain.pem, privateKey) : undefined;
    if (!isPair) read.fail(key, `is not the key of the first certificate in ${certificate}`);
    if (refusal) read.fail(certificate, refusal);
  }
  if (leaf && leaf.validToDate < new Date()) {
    read.warn(certificate, `the certificate ended on ${leaf.validToDate.toISOString().slice(0, 10)}`);
  }
  return chain && pem !== undefined ? { certificate: chain.pem, key: pem } : undefined;
}

/** The curves for which TLS has a signature scheme (RFC 8446, 4.2.3). */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

/** The reason why every handshake would fail with this certificate and key; `undefined`: there is none. */
function refusalOf(cert: string, key: KeyObject): string | undefined {
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  if (namedCurve !== undefined && !CURVES.includes(namedCurve))
    return `TLS has no use for keys on ${namedCurve}`;
  try {
    const pem = key.export({ type: 'pkcs8', format: 'pem' });
    createSecureContext({ cert, key: pem, ciphers: CIPHERS });
    return undefined;
  } catch (error) {
    return `TLS does not take it: a key or a signature is too weak, or of an unknown kind (${codeOf(error)})`;
  }
}

function reportOf<Name extends string>(read: PairReader<Name>, name: Name): Report {
  return { fail: (reason) => read.fail(name, reason), warn: (reason) => read.warn(name, reason) };
}

/** Parses a file of certificates. */
export const authorities: Parse<Authorities | undefined> = (file, report) => {
  const pem = readText(file, report);
  if (pem === undefined) return undefined;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!blocks) return report.fail('there is no certificate (PEM) in the file');
  try {
    return { pem, certificates: blocks.map((block) => new X509Certificate(block)) };
  } catch {
    return report.fail('a certificate in the file cannot be read');
  }
};

function readKey(pem: string, report: Report): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return report.fail('there is no private key (PEM, without a passphrase) in the file');
  }
}

function readText(file: string, report: Report): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return report.fail(`the file cannot be read (${codeOf(error)})`);
  }
}
