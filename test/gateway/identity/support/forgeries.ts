/** Tokens written by hand: the right ones, and what it takes to write wrong ones (`forgery-table.ts`). */
import { type KeyObject, sign } from 'node:crypto';

/** All that it takes to write one valid ES256 token. */
export interface Kit {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
  /** Another ES256 key, which the verifier does not know. */
  readonly strangerKey: KeyObject;
}

/** Writes a wrong token of a kit. */
export type Forgery = readonly [name: string, forge: (kit: Kit) => string];

type Json = object | string | Buffer | null | number;

export const encode = (part: Json): string =>
  (typeof part === 'string' || Buffer.isBuffer(part)
    ? Buffer.from(part as string)
    : Buffer.from(JSON.stringify(part))
  ).toString('base64url');

/** In the low form, which the gateway asks of its own tokens. */
export function es256(key: KeyObject, data: string): Buffer {
  const signature = sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' });
  const flipped = otherS(signature);
  return signature.compare(flipped) < 0 ? signature : flipped;
}

/** A compact JWS of these parts; strings are JSON text as it is to stand there. */
export function compact(header: Json, payload: Json, signer: (data: string) => Buffer | string): string {
  const data = `${encode(header)}.${encode(payload)}`;
  const signature = signer(data);
  return `${data}.${typeof signature === 'string' ? signature : signature.toString('base64url')}`;
}

/** A token of the kit, its header and claims overridden (`undefined` takes a member away). */
export function forge(
  kit: Kit,
  changes: {
    header?: object;
    claims?: object;
    key?: KeyObject;
    signer?: (data: string) => Buffer | string;
  } = {},
): string {
  return compact(
    { ...kit.header, ...changes.header },
    { ...kit.claims, ...changes.claims },
    changes.signer ?? ((data) => es256(changes.key ?? kit.privateKey, data)),
  );
}

/** n of P-256. */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
export const bytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');

/** The same token, its signature changed. */
export function resign(token: string, change: (signature: Buffer) => Buffer | string): string {
  const dot = token.lastIndexOf('.') + 1;
  const changed = change(Buffer.from(token.slice(dot), 'base64url'));
  return token.slice(0, dot) + (typeof changed === 'string' ? changed : changed.toString('base64url'));
}

/** (r, n − s), which ECDSA takes as well as (r, s). */
export function otherS(signature: Buffer): Buffer {
  const s = ORDER - BigInt(`0x${signature.toString('hex', 32)}`);
  return Buffer.concat([signature.subarray(0, 32), bytes(s)]);
}
