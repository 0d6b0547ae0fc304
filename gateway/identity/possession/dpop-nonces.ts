/**
 * Nonces that the gateway requires in DPoP proofs (RFC 9449, 8 and 9), so that proofs cannot be made in advance.
 *
 * No state: a nonce is a keyed hash of the minute, the same on every replica. It is issued for a minute, and accepted a minute
 * before and after, since replicas' clocks differ and answers take time.
 */
import { createHmac } from 'node:crypto';

export interface DpopNonces {
  /** The nonce to use now. */
  current(): string;
  accepts(nonce: unknown): boolean;
}

const SLOT = 60_000;

/** @param options.key 32 bytes, `secrets.derive('dpop nonces')` */
export function createDpopNonces({ key, now }: { key: Buffer; now: () => number }): DpopNonces {
  const ofSlot = (slot: number) =>
    createHmac('sha256', key).update(String(slot)).digest('base64url').slice(0, 22);
  let known = { slot: Number.NaN, previous: '', current: '', next: '' };
  const nonces = () => {
    const slot = Math.floor(now() / SLOT);
    if (slot !== known.slot) {
      known = { slot, previous: ofSlot(slot - 1), current: ofSlot(slot), next: ofSlot(slot + 1) };
    }
    return known;
  };
  return {
    current: () => nonces().current,
    accepts: (nonce) => {
      const { previous, current, next } = nonces();
      return nonce === current || nonce === previous || nonce === next;
    },
  };
}
