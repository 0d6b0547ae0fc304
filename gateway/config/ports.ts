/** Where the gateway listens, by which address agencies know it, and which networks it believes or calls. */

import { parseNetworks } from '../net/networks.ts';
import { normaliseHttpUri } from '../wire/http-uri.ts';
import { type PemPair, readAuthorities, readPair } from './pem-files.ts';
import type { NameOf, Reader, Variable } from './reader.ts';

export const portVariables = [
  { name: 'HOST', default: '0.0.0.0', about: 'address to listen on, for both ports' },
  { name: 'PORT', default: '8080', about: "agencies' port" },
  {
    name: 'OPERATIONS_PORT',
    default: '9090',
    about: "operators' port: metrics, health; never reachable for agencies",
  },
  {
    name: 'PUBLIC_URL',
    default: undefined,
    about:
      'address by which agencies reach the gateway: token issuer and audience, without user, query and fragment; http only on this machine; a path only behind TRUSTED_PROXIES that take it off; required',
  },
  { name: 'TLS_CERT_FILE', default: undefined, about: 'certificate chain (PEM) of the agencies’ port' },
  { name: 'TLS_KEY_FILE', default: undefined, about: 'its private key (PEM)' },
  {
    name: 'TLS_CLIENT_CA_FILE',
    default: undefined,
    about:
      'authorities (PEM) of client certificates: with TLS_CERT_FILE clients are asked for one; behind a proxy it must be issued by one of these directly',
  },
  {
    name: 'OPERATIONS_TLS_CERT_FILE',
    default: undefined,
    about: 'certificate chain (PEM) of the operators’ port; without it that port speaks plain HTTP',
  },
  { name: 'OPERATIONS_TLS_KEY_FILE', default: undefined, about: 'its private key (PEM)' },
  {
    name: 'TRUSTED_PROXIES',
    default: '',
    about:
      'comma-separated CIDRs whose X-Forwarded-For and Client-Cert (RFC 9440) are believed; one that holds every address (prefix 0, ::ffff:0:0/96) is refused',
  },
  {
    name: 'OUTBOUND_ALLOWED_NETWORKS',
    default: '',
    about:
      'comma-separated CIDRs that are not public and yet may be called for key sets, issuers and webhooks; plain http only to this machine, when it is listed',
  },
] as const satisfies readonly Variable[];

type Name = NameOf<typeof portVariables>;

export interface PortsConfig {
  readonly host: string;
  readonly port: number;
  readonly operationsPort: number;
  /** Issuer, token audience and base of every address in a document: never the `Host` header. No trailing slash. */
  readonly publicUrl: string;
  readonly tls: PemPair | undefined;
  /** Of the operators' port; without it that port speaks plain HTTP. */
  readonly operationsTls: PemPair | undefined;
  /** Authorities of client certificates, also of those that proxies tell. */
  readonly clientCaFile: string | undefined;
  readonly trustedProxies: readonly string[];
  /** Networks (CIDR) that key sets, issuers and webhooks may be in, beside public addresses. */
  readonly outboundAllowedNetworks: readonly string[];
}

export function readPorts(read: Reader<Name>): PortsConfig {
  const port = read.integer('PORT', 0, 65_535);
  const operationsPort = read.integer('OPERATIONS_PORT', 0, 65_535);
  if (port === operationsPort && port !== 0) read.fail('OPERATIONS_PORT', 'must not be the same as PORT');
  const trustedProxies = readProxies(read);
  const publicUrl = readPublicUrl(read, trustedProxies.length > 0);
  const tls = readPair(read, 'TLS_CERT_FILE', 'TLS_KEY_FILE');
  if (tls && /^http:/i.test(publicUrl)) {
    read.warn('PUBLIC_URL', 'is http, and with TLS_CERT_FILE the port speaks TLS alone');
  }
  return {
    host: read.text('HOST')!,
    port,
    operationsPort,
    publicUrl,
    tls,
    operationsTls: readPair(read, 'OPERATIONS_TLS_CERT_FILE', 'OPERATIONS_TLS_KEY_FILE'),
    clientCaFile: readAuthorities(read, 'TLS_CLIENT_CA_FILE'),
    trustedProxies,
    outboundAllowedNetworks: readNetworks(read, 'OUTBOUND_ALLOWED_NETWORKS'),
  };
}

/** An issuer is compared as text, and every address is made from it (RFC 8414, 2): each reader must read it alike. */
function readPublicUrl(read: Reader<Name>, behindProxy: boolean): string {
  const given = read.required('PUBLIC_URL');
  if (given === '') return given;
  const value = given.replace(/\/+$/, '');
  if (!URL.canParse(given) || normaliseHttpUri(given) === undefined || /[?#]/.test(given)) {
    read.fail(
      'PUBLIC_URL',
      'must be an http or https URL (RFC 3986) without user, password, query and fragment',
    );
    return value;
  }
  const { protocol, hostname, pathname } = new URL(value);
  // Tokens would pass in the clear, and no OAuth client takes such an issuer (RFC 8414, 2).
  if (protocol === 'http:' && !isThisMachine(hostname)) {
    read.fail('PUBLIC_URL', 'must be https: plain http is for this machine alone (127.0.0.1, localhost)');
  }
  if (pathname !== '/' && !behindProxy) {
    read.fail('PUBLIC_URL', 'has a path, which only a proxy can take off: name it in TRUSTED_PROXIES');
  }
  // `URL` has resolved what others may not.
  const written = value.replace(/^https?:\/\/[^/]+/i, '') || '/';
  if (written !== pathname || pathname.includes('//')) {
    read.fail('PUBLIC_URL', 'must have a path without empty, "." and ".." segments');
  }
  return value;
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** A client certificate is public: a network of everybody would let any caller pass for its owner (RFC 9440, 4). */
function readProxies(read: Reader<Name>): string[] {
  const value = readNetworks(read, 'TRUSTED_PROXIES');
  if (value.some((network) => isNetwork(network) && holdsEveryAddress(network))) {
    read.fail(
      'TRUSTED_PROXIES',
      'must not hold every address: X-Forwarded-For and Client-Cert of any caller would be believed; name the proxies’ own addresses',
    );
  }
  return value;
}

/** Every address of IPv4, also as IPv6 maps it: a network with the first and the last has all between them. */
function holdsEveryAddress(network: string): boolean {
  const { includes } = parseNetworks([network]);
  return includes('0.0.0.0') && includes('255.255.255.255');
}

function readNetworks(read: Reader<Name>, name: Name): string[] {
  const value = read.list(name);
  if (!value.every(isNetwork)) read.fail(name, 'must be comma-separated CIDRs');
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
