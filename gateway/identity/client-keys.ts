/** The public keys of clients: inline in the catalogue, or at an address that the catalogue names. */
import type { System } from '../catalog/catalog.ts';
import { type ClientKey, readJwkSet, selectKey } from './jwk-set.ts';
import type { Log } from './log.ts';
import { createRemoteJwks } from './remote-jwks.ts';

export interface ClientKeys {
  /**
   * The client's one key that fits the header of its assertion; without `kid`, only when no other does; without `alg`,
   * as for messages' signatures, whatever it is for.
   */
  find(system: System, alg: string | undefined, kid: string | undefined): Promise<ClientKey | undefined>;
  close(): Promise<void>;
}

export function createClientKeys(options: { now: () => number; log: Log }): ClientKeys {
  const remote = createRemoteJwks(options);
  // A system lives as long as its catalogue, and its imported keys with it.
  const inline = new WeakMap<System, Promise<readonly ClientKey[]>>();
  return {
    find: async (system, alg, kid) => {
      if ('jwksUri' in system.keys) return remote.find(system.keys.jwksUri, alg, kid);
      let keys = inline.get(system);
      if (!keys) {
        keys = readJwkSet(system.keys.jwks, system.id, options.log);
        inline.set(system, keys);
      }
      return selectKey(await keys, alg, kid);
    },
    close: () => remote.close(),
  };
}
