/** The gateway's ports, its public address, and the networks that it trusts or may call. */

import { integer, list, text } from '../../adapters/config/parsers.ts';
import type { Owner, Reader, Report } from '../../adapters/config/variables.ts';
import { parseNetworks } from '../net/networks.ts';
import { normaliseHttpUri } from '../wire/http-uri.ts';
import { type Authorities, authorities, type PemPair, readPair } from './pem-files.ts';

export const ports = {
  title: 'Ports and networks',
  variables: [
    { name: 'HOST', default: '0.0.0.0', about: 'address to listen on, for both ports', parse: text },
    { name: 'PORT', default: '8080', about: "agencies' port", parse: integer(0, 65_535) },
    {
      name: 'OPERATIONS_PORT',
      default: '9090',
      about: "operators' port: metrics, health; never reachable for agencies",
      parse: integer(0, 65_535),
    },
    {
      name: 'PUBLIC_URL',
      default: undefined,
      about:
        'address by which agencies reach the gateway: token issuer and audience, without user, query and fragment; http only on this machine; a path only behind TRUSTED_PROXIES that take it off; required',
      parse: readPublicUrl,
    },
    {
      name: 'TLS_CERT_FILE',
      default: undefined,
      about: 'certificate chain (PEM) of the agencies’ port',
      parse: text,
    },
    { name: 'TLS_KEY_FILE', default: undefined, about: 'its private key (PEM)', parse: text },
    {
      name: 'TLS_CLIENT_CA_FILE',
      default: undefined,
      about:
        'authorities (PEM) of client certificates: with TLS_CERT_FILE clients are asked for one; behind a proxy it must be issued by one of these directly',
      parse: authorities,
    },
    {
      name: 'OPERATIONS_TLS_CERT_FILE',
      default: undefined,
      about: 'certificate chain (PEM) of the operators’ port; without it that port speaks plain HTTP',
      parse: text,
    },
    { name: 'OPERATIONS_TLS_KEY_FILE', default: undefined, about: 'its private key (PEM)', parse: text },
    {
      name: 'TRUSTED_PROXIES',
      default: '',
      about:
        'comma-separated CIDRs whose X-Forwarded-For and Client-Cert (RFC 9440) are believed; one that holds every address (prefix 0, ::ffff:0:0/96) is refused',
      parse: readProxies,
    },
    {
      name: 'OUTBOUND_ALLOWED_NETWORKS',
      default: '',
      about:
        'comma-separated CIDRs that are not public and yet may be called for key sets, issuers and webhooks; plain http only to this machine, when it is listed',
      parse: readNetworks,
    },
  ],
} as const satisfies Owner;

type Rows = typeof ports.variables;

export interface PortsConfig {
  readonly host: string;
  readonly port: number;
  readonly operationsPort: number;
  /** Issuer, token audience and base of every address in a document, in place of the `Host` header. Without a trailing slash. */
  readonly publicUrl: string;
  readonly tls: PemPair | undefined;
  /** The certificate of the operators' port, which speaks plain HTTP without one. */
  readonly operationsTls: PemPair | undefined;
  /** Authorities of client certificates, on connections and in the headers of proxies. */
  readonly clientAuthorities: Authorities | undefined;
  readonly trustedProxies: readonly string[];
  /** Networks (CIDR) that key sets, issuers and webhooks may be in, beside public addresses. */
  readonly outboundAllowedNetworks: readonly string[];
}

export function readPorts(read: Reader<Rows>): PortsConfig {
  const port = read.value('PORT');
  const operationsPort = read.value('OPERATIONS_PORT');
  if (port === operationsPort && port !== 0) read.fail('OPERATIONS_PORT', 'must not be the same as PORT');
  const trustedProxies = read.value('TRUSTED_PROXIES');
  const publicUrl = read.required('PUBLIC_URL');
  if (hasPath(publicUrl) && trustedProxies.length === 0) {
    read.fail('PUBLIC_URL', 'has a path, which only a proxy can take off: name it in TRUSTED_PROXIES');
  }
  const tls = readPair(read, 'TLS_CERT_FILE', 'TLS_KEY_FILE');
  if (tls && /^http:/i.test(publicUrl)) {
    read.warn('PUBLIC_URL', 'is http, and with TLS_CERT_FILE the port speaks TLS alone');
  }
  return {
    host: read.value('HOST'),
    port,
    operationsPort,
    publicUrl,
    tls,
    operationsTls: readPair(read, 'OPERATIONS_TLS_CERT_FILE', 'OPERATIONS_TLS_KEY_FILE'),
    clientAuthorities: read.value('TLS_CLIENT_CA_FILE'),
    trustedProxies,
    outboundAllowedNetworks: read.value('OUTBOUND_ALLOWED_NETWORKS'),
  };
}

/** Clients compare the issuer as text and derive addresses from it (RFC 8414, 2), so every parser must read it in the same way. */
function readPublicUrl(given: string, report: Report): string {
  if (!URL.canParse(given) || normaliseHttpUri(given) === undefined || /[?#]/.test(given)) {
    report.fail('must be an http or https URL (RFC 3986) without user, password, query and fragment');
    return '';
  }
  const value = given.replace(/\/+$/, '');
  const { protocol, hostname, pathname } = new URL(value);
  // Tokens would be sent unencrypted, and OAuth clients refuse such an issuer (RFC 8414, 2).
  if (protocol === 'http:' && !isThisMachine(hostname)) {
    report.fail('must be https: plain http is for this machine alone (127.0.0.1, localhost)');
  }
  // `URL` normalises the address; other parsers may not.
  const written = value.replace(/^https?:\/\/[^/]+/i, '') || '/';
  if (written !== pathname || pathname.includes('//')) {
    report.fail('must have a path without empty, "." and ".." segments');
  }
  return value;
}

function hasPath(url: string): boolean {
  return url !== '' && new URL(url).pathname !== '/';
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** Refuses a network of all addresses: any caller could then send a certificate, which is public, in the header (RFC 9440, 4). */
function readProxies(text: string, report: Report): string[] {
  const value = readNetworks(text, report);
  if (value.some((network) => isNetwork(network) && holdsEveryAddress(network))) {
    report.fail(
      'must not hold every address: X-Forwarded-For and Client-Cert of any caller would be believed; name the proxies’ own addresses',
    );
  }
  return value;
}

/** Does the network hold every IPv4 address, possibly in mapped form? A network with the first and the last one holds all. */
function holdsEveryAddress(network: string): boolean {
  const { includes } = parseNetworks([network]);
  return includes('0.0.0.0') && includes('255.255.255.255');
}

function readNetworks(text: string, report: Report): string[] {
  const value = list(text, report);
  if (!value.every(isNetwork)) report.fail('must be comma-separated CIDRs');
  return value;
}

function isNetwork(text: string): boolean {
  try {
    parseNetworks([text]);
    return true;
  } catch {
    return false;
  }
}
