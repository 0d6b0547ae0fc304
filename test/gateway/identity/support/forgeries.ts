/** Tokens written by hand, and the ways to write them wrong that are wrong for every JWT. */
import { createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** All that it takes to write one valid ES256 token. */
export interface Kit {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
  /** Another ES256 key, which the verifier does not know. */
  readonly strangerKey: KeyObject;
}

type Json = object | string | Buffer | null | number;

const encode = (part: Json): string =>
  (typeof part === 'string' || Buffer.isBuffer(part)
    ? Buffer.from(part as string)
    : Buffer.from(JSON.stringify(part))
  ).toString('base64url');

/** In the low form, which the gateway asks of its own tokens. */
function es256(key: KeyObject, data: string): Buffer {
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

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const bytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const pem = (kit: Kit): string =>
  createPublicKey(kit.privateKey).export({ type: 'spki', format: 'pem' }).toString();
const jwkOf = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' });
const hmac = (secret: string | Buffer) => (data: string) =>
  createHmac('sha256', secret).update(data).digest();

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

/** The last character's unused bits set: a lenient decoder reads the same bytes. */
function strayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) + 1];
}

const withText = (kit: Kit, text: string): string => JSON.stringify(kit.claims).replace(/\}$/, `,${text}}`);

/** Wrong for every JWT, whatever it is for. */
export const forgeries: readonly (readonly [name: string, forge: (kit: Kit) => string])[] = [
  ['alg none, no signature', (kit) => forge(kit, { header: { alg: 'none' }, signer: () => '' })],
  ['alg none, signed', (kit) => forge(kit, { header: { alg: 'none' } })],
  ['alg nOnE', (kit) => forge(kit, { header: { alg: 'nOnE' }, signer: () => '' })],
  ['alg missing', (kit) => forge(kit, { header: { alg: undefined } })],
  ['alg empty', (kit) => forge(kit, { header: { alg: '' } })],
  ['alg a number', (kit) => forge(kit, { header: { alg: 256 } })],
  ['alg an array', (kit) => forge(kit, { header: { alg: ['ES256'] } })],
  ['alg es256', (kit) => forge(kit, { header: { alg: 'es256' } })],
  [
    'HMAC with the public key (PEM)',
    (kit) => forge(kit, { header: { alg: 'HS256' }, signer: hmac(pem(kit)) }),
  ],
  [
    'HMAC with the public key (JWK)',
    (kit) => forge(kit, { header: { alg: 'HS256' }, signer: hmac(JSON.stringify(jwkOf(kit.privateKey))) }),
  ],
  ['HMAC with nothing', (kit) => forge(kit, { header: { alg: 'HS256' }, signer: hmac('') })],
  ['HMAC called ES256', (kit) => forge(kit, { signer: hmac(pem(kit)) })],
  ['ES256 called RS256', (kit) => forge(kit, { header: { alg: 'RS256' } })],
  ['ES256 called PS256', (kit) => forge(kit, { header: { alg: 'PS256' } })],
  ['ES256 called ES384', (kit) => forge(kit, { header: { alg: 'ES384' } })],
  ['ES256 called EdDSA', (kit) => forge(kit, { header: { alg: 'EdDSA' } })],
  ['unknown kid', (kit) => forge(kit, { header: { kid: 'unknown' } })],
  ['kid a number', (kit) => forge(kit, { header: { kid: 1 } })],
  ['kid null', (kit) => forge(kit, { header: { kid: null } })],
  ['kid of Object.prototype', (kit) => forge(kit, { header: { kid: '__proto__' } })],
  ["a stranger's key under a known kid", (kit) => forge(kit, { key: kit.strangerKey })],
  [
    "a stranger's key under its own kid",
    (kit) => forge(kit, { header: { kid: 'stranger' }, key: kit.strangerKey }),
  ],
  [
    'embedded jwk of a stranger',
    (kit) => forge(kit, { header: { jwk: jwkOf(kit.strangerKey) }, key: kit.strangerKey }),
  ],
  [
    'embedded jwk of a stranger, without kid',
    (kit) => forge(kit, { header: { jwk: jwkOf(kit.strangerKey), kid: undefined }, key: kit.strangerKey }),
  ],
  ['embedded jwk of the right key', (kit) => forge(kit, { header: { jwk: jwkOf(kit.privateKey) } })],
  ['jku', (kit) => forge(kit, { header: { jku: 'http://127.0.0.1:1/jwks' } })],
  ['x5u', (kit) => forge(kit, { header: { x5u: 'http://127.0.0.1:1/cert' } })],
  ['x5c', (kit) => forge(kit, { header: { x5c: ['AAAA'] } })],
  ['crit: unknown extension', (kit) => forge(kit, { header: { crit: ['x'], x: 1 } })],
  ['crit: empty', (kit) => forge(kit, { header: { crit: [] } })],
  ['crit: exp', (kit) => forge(kit, { header: { crit: ['exp'], exp: 1 } })],
  ['crit: not an array', (kit) => forge(kit, { header: { crit: 'b64', b64: true } })],
  ['b64 true, critical', (kit) => forge(kit, { header: { crit: ['b64'], b64: true } })],
  ['b64 false, not critical', (kit) => forge(kit, { header: { b64: false } })],
  [
    'b64 false, critical, payload unencoded',
    (kit) => {
      const header = encode({ ...kit.header, crit: ['b64'], b64: false });
      const data = `${header}.${JSON.stringify(kit.claims)}`;
      return `${data}.${es256(kit.privateKey, data).toString('base64url')}`;
    },
  ],
  ['typ of another token', (kit) => forge(kit, { header: { typ: 'dpop+jwt' } })],
  ['typ a number', (kit) => forge(kit, { header: { typ: 1 } })],
  ['header an array', (kit) => compact([kit.header], kit.claims, (data) => es256(kit.privateKey, data))],
  ['header null', (kit) => compact(null, kit.claims, (data) => es256(kit.privateKey, data))],
  ['header not JSON', (kit) => compact('{alg:ES256}', kit.claims, (data) => es256(kit.privateKey, data))],
  [
    'header with alg twice',
    (kit) =>
      compact(JSON.stringify(kit.header).replace('{', '{"alg":"none",'), kit.claims, (data) =>
        es256(kit.privateKey, data),
      ),
  ],
  ['payload an array', (kit) => compact(kit.header, [kit.claims], (data) => es256(kit.privateKey, data))],
  ['payload a string', (kit) => compact(kit.header, '"text"', (data) => es256(kit.privateKey, data))],
  ['payload null', (kit) => compact(kit.header, null, (data) => es256(kit.privateKey, data))],
  ['payload a number', (kit) => compact(kit.header, 1, (data) => es256(kit.privateKey, data))],
  ['payload empty', (kit) => compact(kit.header, '', (data) => es256(kit.privateKey, data))],
  ['payload not JSON', (kit) => compact(kit.header, '{', (data) => es256(kit.privateKey, data))],
  [
    'payload with sub twice',
    (kit) =>
      compact(kit.header, withText(kit, `"sub":"${kit.claims.sub}"`), (data) => es256(kit.privateKey, data)),
  ],
  [
    'payload with a nested member twice',
    (kit) => compact(kit.header, withText(kit, '"x":{"a":":","a":1}'), (data) => es256(kit.privateKey, data)),
  ],
  [
    'payload not UTF-8',
    (kit) =>
      compact(kit.header, Buffer.from(withText(kit, '"x":"\u00ff"'), 'latin1'), (data) =>
        es256(kit.privateKey, data),
      ),
  ],
  [
    'payload with a byte order mark',
    (kit) =>
      compact(kit.header, `\ufeff${JSON.stringify(kit.claims)}`, (data) => es256(kit.privateKey, data)),
  ],
  ['signature empty', (kit) => forge(kit, { signer: () => '' })],
  ['signature truncated', (kit) => resign(forge(kit), (signature) => signature.subarray(0, 63))],
  ['signature halved', (kit) => resign(forge(kit), (signature) => signature.subarray(0, 32))],
  [
    'signature with a byte more',
    (kit) => resign(forge(kit), (signature) => Buffer.concat([signature, Buffer.alloc(1)])),
  ],
  [
    'signature with leading zeros',
    (kit) =>
      resign(forge(kit), (signature) =>
        Buffer.concat([Buffer.alloc(1), signature.subarray(0, 32), Buffer.alloc(1), signature.subarray(32)]),
      ),
  ],
  ['signature padded', (kit) => `${forge(kit)}==`],
  ['signature in base64', (kit) => resign(forge(kit), (signature) => `${signature.toString('base64')}`)],
  ['signature with stray bits', (kit) => strayBits(forge(kit))],
  [
    'signature in DER',
    (kit) => forge(kit, { signer: (data) => sign('sha256', Buffer.from(data), kit.privateKey) }),
  ],
  ['signature all zero', (kit) => resign(forge(kit), () => Buffer.alloc(64))],
  ['r zero', (kit) => resign(forge(kit), (signature) => Buffer.concat([bytes(0n), signature.subarray(32)]))],
  [
    's zero',
    (kit) => resign(forge(kit), (signature) => Buffer.concat([signature.subarray(0, 32), bytes(0n)])),
  ],
  ['r = s = 1', (kit) => resign(forge(kit), () => Buffer.concat([bytes(1n), bytes(1n)]))],
  [
    'r = n',
    (kit) => resign(forge(kit), (signature) => Buffer.concat([bytes(ORDER), signature.subarray(32)])),
  ],
  [
    's = n',
    (kit) => resign(forge(kit), (signature) => Buffer.concat([signature.subarray(0, 32), bytes(ORDER)])),
  ],
  ['r = n, s = 0', (kit) => resign(forge(kit), () => Buffer.concat([bytes(ORDER), bytes(0n)]))],
  ['r and s all ones', (kit) => resign(forge(kit), () => Buffer.alloc(64, 0xff))],
  [
    'r and s exchanged',
    (kit) =>
      resign(forge(kit), (signature) => Buffer.concat([signature.subarray(32), signature.subarray(0, 32)])),
  ],
  [
    'signature of another token',
    (kit) => resign(forge(kit), () => forge(kit, { claims: { jti: 'other' } }).split('.')[2]!),
  ],
  [
    'payload of another token',
    (kit) => {
      const [header, , signature] = forge(kit).split('.');
      return `${header}.${encode({ ...kit.claims, jti: 'other' })}.${signature}`;
    },
  ],
  ['two parts', (kit) => forge(kit).split('.').slice(0, 2).join('.')],
  ['four parts', (kit) => `${forge(kit)}.AAAA`],
  ['five parts', (kit) => `${forge(kit)}.AAAA.AAAA`],
  ['detached payload', (kit) => forge(kit).replace(/\..*\./, '..')],
  ['a dot before', (kit) => `.${forge(kit)}`],
  ['a dot after', (kit) => `${forge(kit)}.`],
  ['white space inside', (kit) => forge(kit).replace('.', ' .')],
  ['white space before', (kit) => ` ${forge(kit)}`],
  ['a line feed after', (kit) => `${forge(kit)}\n`],
  [
    'JSON serialisation',
    (kit) => {
      const [header, payload, signature] = forge(kit).split('.');
      return JSON.stringify({ protected: header, payload, signature });
    },
  ],
  ['nothing but dots', () => '..'],
  ['issuer of another server', (kit) => forge(kit, { claims: { iss: 'https://other.example' } })],
  ['iss missing', (kit) => forge(kit, { claims: { iss: undefined } })],
  ['iss an array', (kit) => forge(kit, { claims: { iss: [kit.claims.iss] } })],
  ['audience of another server', (kit) => forge(kit, { claims: { aud: 'https://other.example' } })],
  ['audience with a trailing slash', (kit) => forge(kit, { claims: { aud: `${kit.claims.aud}/` } })],
  [
    'audience one of two',
    (kit) => forge(kit, { claims: { aud: [kit.claims.aud, 'https://other.example'] } }),
  ],
  ['aud missing', (kit) => forge(kit, { claims: { aud: undefined } })],
  ['aud empty', (kit) => forge(kit, { claims: { aud: [] } })],
  ['sub missing', (kit) => forge(kit, { claims: { sub: undefined } })],
  ['sub of another client', (kit) => forge(kit, { claims: { sub: 'G12.thue' } })],
  ['jti missing', (kit) => forge(kit, { claims: { jti: undefined } })],
  ['jti empty', (kit) => forge(kit, { claims: { jti: '' } })],
  ['jti a number', (kit) => forge(kit, { claims: { jti: 1 } })],
  ['exp missing', (kit) => forge(kit, { claims: { exp: undefined } })],
  ['exp a string', (kit) => forge(kit, { claims: { exp: String(kit.claims.exp) } })],
  ['exp null', (kit) => forge(kit, { claims: { exp: null } })],
  [
    'exp without end',
    (kit) =>
      compact(kit.header, JSON.stringify(kit.claims).replace(/"exp":\d+/, '"exp":1e999'), (data) =>
        es256(kit.privateKey, data),
      ),
  ],
  ['expired long ago', (kit) => forge(kit, { claims: { iat: 1, exp: 2 } })],
  ['not valid for another hour', (kit) => forge(kit, { claims: { nbf: Number(kit.claims.exp) + 3600 } })],
  ['nbf a string', (kit) => forge(kit, { claims: { nbf: '1' } })],
  ['iat a string', (kit) => forge(kit, { claims: { iat: '1' } })],
  [
    'issued in the future',
    (kit) =>
      forge(kit, { claims: { iat: Number(kit.claims.exp) + 3600, exp: Number(kit.claims.exp) + 3610 } }),
  ],
  ['lives too long', (kit) => forge(kit, { claims: { exp: Number(kit.claims.exp) + 3600 } })],
];
