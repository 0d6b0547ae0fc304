/** IP networks in CIDR notation (RFC 4632, RFC 4291, 2.3). */
import { BlockList, isIP } from 'node:net';

export interface Networks {
  /** Accepts an IPv4 address in its IPv6-mapped form too (`::ffff:10.0.0.1`). */
  includes(address: string): boolean;
}

/**
 * @param networks `10.0.0.0/8`, `fd00::/8`, or a single address
 * @throws TypeError naming the first invalid one
 */
export function parseNetworks(networks: readonly string[]): Networks {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix, ...rest] = network.split('/');
    const version = isIP(address);
    const longest = version === 4 ? 32 : 128;
    const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (version === 0 || rest.length > 0 || !(length <= longest)) {
      throw new TypeError(`${network} is not a network in CIDR notation`);
    }
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    includes: (text) => {
      const [address = ''] = text.split('%'); // the zone of a link-local address
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
}
