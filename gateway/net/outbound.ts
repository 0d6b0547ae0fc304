/**
 * Calls to addresses that others chose (key sets, issuers, webhooks), protected against server-side request forgery: nobody can
 * use the gateway to reach hosts that only the gateway can reach.
 *
 * - https only, and only to public addresses or networks that the operator lists;
 * - http only to this machine, and only when the operator lists it;
 * - the check applies to the address of the actual connection, after the name was resolved, so a name that later resolves to
 *   another address gains nothing; a name with one refused address is refused;
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
  /** @throws OutboundRefused for an address that can be refused before its name is resolved */
  check(address: string): void;
  /**
   * May a connection to the address have reached a network that is not public? A name that once did remains inside, whatever
   * it resolves to later: connections overlap, and one that ends now may date from any earlier resolution. A name
   * that was never resolved, or failed to resolve last time, counts as inside.
   */
  isInside(address: string): boolean;
  /** A JSON document, read strictly. @throws Error when there is none */
  getJson(address: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The gateway does not call this address. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused';
}

const TIMEOUT = 3000;
/** Most names whose reach is remembered. A forgotten name counts as inside until it is resolved again. */
const REMEMBERED = 10_000;
const MAX_BYTES = 65_536;

const loopback = parseNetworks(['127.0.0.0/8', '::1']);
/** IPv4 addresses that are not globally reachable (IANA's special-purpose registry, RFC 6890), or no single host. */
const special = parseNetworks([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]);
/** The global unicast range of IPv6, which excludes IPv4-mapped, NAT64, unique local, link-local and multicast addresses. */
const globalUnicast = parseNetworks(['2000::/3']);
/** Exceptions: Teredo and other protocols, documentation, 6to4 (which carries an IPv4 address). */
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
  /** Most connections to one origin; `null`: the caller limits them itself. */
  readonly connections?: number | null;
}

/** @throws TypeError for an invalid network */
export function createOutbound(options: OutboundOptions): Outbound {
  const { timeout = TIMEOUT, connections = 4 } = options;
  const allowed = parseNetworks(options.allowedNetworks);
  const reached = new Map<string, Reach>();
  const remember = (name: string, addresses: readonly string[]) => {
    const before = reached.get(name);
    reached.delete(name);
    reached.set(name, before === 'inside' ? before : reachOf(addresses));
    if (reached.size > REMEMBERED) reached.delete(reached.keys().next().value!);
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
      return isIP(host) === 0 ? reached.get(host) !== 'outside' : !isPublic(host);
    },
    getJson: async (address) => {
      check(address);
      const { statusCode, headers, body } = await request(address, {
        dispatcher: agent,
        signal: AbortSignal.timeout(TIMEOUT),
        headers: { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' },
      });
      if (statusCode !== 200) {
        // Destroying the body emits an error, which without a listener would end the process.
        body.on('error', () => {}).destroy();
        throw new Error(`the answer's status is ${statusCode}`);
      }
      const bytes = Buffer.from(await body.arrayBuffer());
      return parseStrictJson(withoutBom(await unpack(bytes, headers['content-encoding'], MAX_BYTES)));
    },
    close: () => agent.destroy(),
  };
}

/** The networks of a name's addresses; unknown without addresses. */
type Reach = 'inside' | 'outside' | 'unknown';

function reachOf(addresses: readonly string[]): Reach {
  if (addresses.length === 0) return 'unknown';
  return addresses.every(isPublic) ? 'outside' : 'inside';
}

function isListedLoopback(address: string, allowed: Networks): boolean {
  return loopback.includes(address) && allowed.includes(address);
}

function refused(): OutboundRefused {
  return new OutboundRefused('the address is not in a network that may be called');
}

/** Makes connections only to addresses that `isAllowed`. An address in place of a name is not looked up, so it is checked first. */
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
