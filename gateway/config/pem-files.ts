/** PEM files that variables name: read when the gateway starts, so that a wrong one is said then and not at the first handshake. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { codeOf, type Reader } from './reader.ts';

export interface PemPair {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * A certificate chain and its private key, which go together or are both not set. The first certificate must be that of
 * the key; one that has ended is taken with a warning, because a restart must not make an outage of it.
 */
export function readPair<Name extends string>(
  read: Reader<Name>,
  certificate: Name,
  key: Name,
): PemPair | undefined {
  const certificateFile = read.text(certificate);
  const keyFile = read.text(key);
  if (!certificateFile && !keyFile) return undefined;
  if (!certificateFile || !keyFile) {
    const [given, missing] = certificateFile ? [certificate, key] : [key, certificate];
    return read.fail(missing, `is required with ${given}`);
  }
  const [leaf] = readCertificates(read, certificate) ?? [];
  const privateKey = readKey(read, key, keyFile);
  if (leaf && privateKey && !leaf.checkPrivateKey(privateKey)) {
    read.fail(key, `is not the key of the first certificate in ${certificate}`);
  }
  if (leaf && leaf.validToDate < new Date()) {
    read.warn(certificate, `the certificate ended on ${leaf.validToDate.toISOString().slice(0, 10)}`);
  }
  return { certificateFile, keyFile };
}

/** The path of a file of certificates; `undefined` when none is set. */
export function readAuthorities<Name extends string>(read: Reader<Name>, name: Name): string | undefined {
  readCertificates(read, name);
  return read.text(name);
}

function readCertificates<Name extends string>(
  read: Reader<Name>,
  name: Name,
): X509Certificate[] | undefined {
  const pem = readText(read, name, read.text(name));
  if (pem === undefined) return undefined;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!blocks) return read.fail(name, 'there is no certificate (PEM) in the file');
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return read.fail(name, 'a certificate in the file cannot be read');
  }
}

function readKey<Name extends string>(read: Reader<Name>, name: Name, file: string): KeyObject | undefined {
  const pem = readText(read, name, file);
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    return read.fail(name, 'there is no private key (PEM, without a passphrase) in the file');
  }
}

function readText<Name extends string>(
  read: Reader<Name>,
  name: Name,
  file: string | undefined,
): string | undefined {
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return read.fail(name, `the file cannot be read (${codeOf(error)})`);
  }
}
