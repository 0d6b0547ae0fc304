import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from './java.ts';

export interface BrokerCertificate {
  /** PKCS #12, for the brokers. */
  keystore: string;
  password: string;
  /** PEM, for the clients: the certificate is its own authority. */
  caFile: string;
}

/** A new self-signed certificate for 127.0.0.1 and localhost, valid for 30 days, in `directory`. */
export async function makeCertificate(directory: string): Promise<BrokerCertificate> {
  const keystore = join(directory, 'broker.p12');
  const caFile = join(directory, 'ca.pem');
  const password = randomBytes(18).toString('base64url');
  const store = ['-alias', 'broker', '-storetype', 'PKCS12', '-keystore', keystore, '-storepass', password];
  await rm(keystore, { force: true });
  await runTool('keytool', [
    ...['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30', ...store],
    ...['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost', '-ext', 'BC=ca:true'],
  ]);
  await runTool('keytool', ['-exportcert', '-rfc', '-file', caFile, ...store]);
  return { keystore, password, caFile };
}
