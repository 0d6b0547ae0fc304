/**
 * The gateway's TLS, on both ports and for all outbound calls: BCP 195 (RFC 9325, 4.2), as the FAPI 2.0 Security
 * Profile (5.2.1) requires.
 *
 * TLS 1.3 with all of its suites; TLS 1.2 with ephemeral keys and authenticated encryption only. RSA key exchange has no
 * forward secrecy, CBC suites have a history of padding oracles, and a client may not notice weak DHE groups.
 */
import type { SecureContextOptions } from 'node:tls';
import tls from 'node:tls';

const MIN_VERSION = 'TLSv1.2';

/** In order of preference, by their OpenSSL names. */
export const CIPHERS: string = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':');

/** A server's certificate chain and key, as PEM. */
export interface ServerPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Options of a TLS server. They repeat the process' defaults, so that a later change of the defaults does not affect a server.
 */
export function serverTls({ certificate, key }: ServerPair) {
  return {
    cert: certificate,
    key,
    minVersion: MIN_VERSION,
    ciphers: CIPHERS,
    honorCipherOrder: true,
  } satisfies SecureContextOptions;
}

/**
 * Restricts the default of every connection that this process opens: to registries, PostgreSQL, brokers, issuers and
 * subscribers, or from the command line to a gateway. The libraries have no common option, and none may be missed.
 */
export function restrictOutboundTls(): void {
  tls.DEFAULT_MIN_VERSION = MIN_VERSION;
  tls.DEFAULT_CIPHERS = CIPHERS;
}
