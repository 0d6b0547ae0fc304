/** The public keys of clients: inline in the catalogue, or at an address that the catalogue names. */
import type { System } from '../../catalog/catalog.ts';
import { readJwkSet, selectKeys, type VerificationKey } from '../../keys/jwk-set.ts';
import type { RemoteJwks } from '../../keys/remote-jwks.ts';
import type { LogLines } from '../../telemetry/log.ts';

export interface ClientKeys {
  /** The client's keys that fit the header of its assertion, or the `keyid` of its message (see `selectKeys`). */
  find(system: System, alg: string | undefined, kid: string | undefined): Promise<readonly VerificationKey[]>;
}

export function createClientKeys(options: {
  remote: RemoteJwks;
  now: () => number;
  log: LogLines;
}): ClientKeys {
  const { remote, now, log } = options;
  // A system lives as long as its catalogue, and its imported keys with it.
  const inline = new WeakMap<System, readonly VerificationKey[]>();
  return {
    find: async (system, alg, kid) => {
      if ('jwksUri' in system.keys) return remote.find(system.keys.jwksUri, alg, kid);
      let keys = inline.get(system);
      if (!keys) {
        keys = readJwkSet(system.keys.jwks, { owner: system.id, log });
        inline.set(system, keys);
      }
      return selectKeys(keys, alg, kid, now());
    },
  };
}
