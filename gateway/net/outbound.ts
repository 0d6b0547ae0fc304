/**
 * Calls to addresses that others chose (key sets, issuers, webhooks), so that nobody uses the gateway to reach what
 * only the gateway reaches (server-side request forgery).
 *
 * - https only, to public addresses only; other networks only when the operator lists them;
 * - http only to this machine, and only when that is listed;
 * - judged is the address that a connection is really made to, after the name was resolved: a name that resolves to
 *   another address the second time gains nothing; a name with one address that is refused is refused;
 * - no redirects, no user in the address, bounded in time and size.
 */
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { passingInterim } from '../../adapters/upstream/pass-interim.ts';
import { unpack } from '../../adapters/upstream/unpack.ts';
import { withoutBom } from '../../adapters/values/unicode.ts';
import { parseStrictJson } from '../wire/strict-json.ts';
import { type Networks, parseNetworks } from './networks.ts';

export interface Outbound {
  /** For requests with undici; the address MUST have passed `check`, and redirects MUST NOT be followed. */
  readonly agent: Agent;
  /** @throws OutboundRefused when the address can be refused before its name is resolved */
  check(address: string): void;
  /**
   * May a connection to the address have led into a network that is not public? A name that once did stays inside, whatever
   * it is resolved to later: connections overlap, and one that ends now may go back to any of the earlier answers. A name
   * that was not resolved, or not the last time, is inside for now.
   */
  isInside(address: string): boolean;
  /** A JSON document, read strictly. @throws Error when there is none */
  getJson(address: string): Promise<unknown>;
  close(): Promise<void>;
}

/** An address that the gateway does not call. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused';
}

const TIMEOUT = 3000;
/** Names of which it is remembered where they led. One that is forgotten is inside until it is resolved again. */
const REMEMBERED = 10_000;
const MAX_BYTES = 65_536;

const loopback = parseNetworks(['127.0.0.0/8', '::1']);
/** IPv4 that is not globally reachable (IANA's special-purpose registry, RFC 6890), or is no single host. */
const special = parseNetworks([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]);
/** Of IPv6 only this is global unicast; so IPv4-mapped, NAT64, unique local, link-local and multicast are not in it. */
const globalUnicast = parseNetworks(['2000::/3']);
/** Less these: Teredo and other protocols, documentation, 6to4 (which carries an IPv4 address). */
const specialUnicast = parseNetworks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** Is this the address of a host on the public internet? */
export function isPublic(address: string): boolean {
  return isIP(address) === 4
    ? !special.includes(address)
    : globalUnicast.includes(address) && !specialUnicast.includes(address);
}

export interface OutboundOptions {
  readonly allowedNetworks: readonly string[];
  /** Milliseconds for each phase of a call: connecting, headers, each piece of the body. 3,000 by default. */
  readonly timeout?: number;
  /** To one origin at once; `null`: whoever calls has a limit of his own. */
  readonly connections?: number | null;
}

/** @throws TypeError when a network is none */
export function createOutbound(options: OutboundOptions): Outbound {
  const { timeout = TIMEOUT, connections = 4 } = options;
  const allowed = parseNetworks(options.allowedNetworks);
  const led = new Map<string, Whither>();
  const remember = (name: string, addresses: readonly string[]) => {
    const before = led.get(name);
    led.delete(name);
    led.set(name, before === 'inside' ? before : whither(addresses));
    if (led.size > REMEMBERED) led.delete(led.keys().next().value!);
  };
  const connectors = {
    'https:': connectorTo(timeout, (address) => allowed.includes(address) || isPublic(address), remember),
    'http:': connectorTo(timeout, (address) => isListedLoopback(address, allowed), remember),
  };
  const agent = new Agent({
    connect: (target, callback) => {
      const connect = connectors[target.protocol as keyof typeof connectors];
      if (connect) connect(target, callback);
      else callback(new OutboundRefused('the scheme is not allowed'), null);
    },
    headersTimeout: timeout,
    bodyTimeout: timeout,
    maxResponseSize: MAX_BYTES,
    connections,
  });
  const check = (address: string) => {
    const url = URL.parse(address);
    if (!url || url.username || url.password) throw new OutboundRefused('the address is not allowed');
    const host = url.hostname.replaceAll(/[[\]]/g, '');
    if (url.protocol === 'https:') {
      if (isIP(host) !== 0 && !allowed.includes(host) && !isPublic(host)) throw refused();
    } else if (url.protocol !== 'http:' || !(host === 'localhost' || isListedLoopback(host, allowed))) {
      throw new OutboundRefused('only https is allowed');
    }
  };
  return {
    agent,
    check,
    isInside: (address) => {
      const host = URL.parse(address)?.hostname.replaceAll(/[[\]]/g, '') ?? '';
      return isIP(host) === 0 ? led.get(host) !== 'outside' : !isPublic(host);
    },
    getJson: async (address) => {
      check(address);
      const { statusCode, headers, body } = await request(address, {
        dispatcher: agent,
        signal: AbortSignal.timeout(TIMEOUT),
        headers: { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' },
      });
      if (statusCode !== 200) {
        // Destroying it emits an error, which without a listener would end the process.
        body.on('error', () => {}).destroy();
        throw new Error(`the answer's status is ${statusCode}`);
      }
      const bytes = Buffer.from(await body.arrayBuffer());
      return parseStrictJson(withoutBom(await unpack(bytes, headers['content-encoding'], MAX_BYTES)));
    },
    close: () => agent.destroy(),
  };
}

/** Where the addresses of a name lead; without any it is not known. */
type Whither = 'inside' | 'outside' | 'unknown';

function whither(addresses: readonly string[]): Whither {
  if (addresses.length === 0) return 'unknown';
  return addresses.every(isPublic) ? 'outside' : 'inside';
}

function isListedLoopback(address: string, allowed: Networks): boolean {
  return loopback.includes(address) && allowed.includes(address);
}

function refused(): OutboundRefused {
  return new OutboundRefused('the address is not in a network that may be called');
}

/** Connects only where `isAllowed`. An address in place of a name is not looked up, so it is judged before. */
function connectorTo(
  timeout: number,
  isAllowed: (address: string) => boolean,
  remember: (name: string, addresses: readonly string[]) => void,
): buildConnector.connector {
  const guarded: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      remember(hostname, error ? [] : addresses.map(({ address }) => address));
      if (error) callback(error, []);
      else if (addresses.length === 0 || !addresses.every(({ address }) => isAllowed(address))) {
        callback(refused(), []);
      } else if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
  const connect = passingInterim(buildConnector({ lookup: guarded, timeout }));
  return (target, callback) => {
    if (isIP(target.hostname) !== 0 && !isAllowed(target.hostname)) callback(refused(), null);
    else connect(target, callback);
  };
}
