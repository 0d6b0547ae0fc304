/** Algorithms, keys and signatures that are wrong, as Wycheproof's tests of JWS and ECDSA have them. */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bytes, es256, type Forgery, forge, type Kit, ORDER, resign } from './forgeries.ts';

/** p of P-256, which is larger than n. */
const FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const pem = (kit: Kit): string =>
  createPublicKey(kit.privateKey).export({ type: 'spki', format: 'pem' }).toString();
const der = (kit: Kit): Buffer => createPublicKey(kit.privateKey).export({ type: 'spki', format: 'der' });
const jwkOf = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' });
const hmac = (secret: string | Buffer) => (data: string) =>
  createHmac('sha256', secret).update(data).digest();

/** The last character's unused bits set: a lenient decoder reads the same bytes. */
function strayBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) + 1];
}

const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey;
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const raw = (digest: string, data: string, key: KeyObject) =>
  sign(digest, Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' });

export const forgedSignatures: readonly Forgery[] = [
  ['alg none, no signature', (kit) => forge(kit, { header: { alg: 'none' }, signer: () => '' })],
  ['alg none, signed', (kit) => forge(kit, { header: { alg: 'none' } })],
  ['alg nOnE', (kit) => forge(kit, { header: { alg: 'nOnE' }, signer: () => '' })],
  ['alg missing', (kit) => forge(kit, { header: { alg: undefined } })],
  ['alg empty', (kit) => forge(kit, { header: { alg: '' } })],
  ['alg a number', (kit) => forge(kit, { header: { alg: 256 } })],
  ['alg an array', (kit) => forge(kit, { header: { alg: ['ES256'] } })],
  ['alg es256', (kit) => forge(kit, { header: { alg: 'es256' } })],
  ['alg NONE, signed', (kit) => forge(kit, { header: { alg: 'NONE' } })],
  ['alg none with a space', (kit) => forge(kit, { header: { alg: 'none ' }, signer: () => '' })],
  ['alg null', (kit) => forge(kit, { header: { alg: null } })],
  ['alg ES256 with a space', (kit) => forge(kit, { header: { alg: ' ES256' } })],
  ['alg eS256', (kit) => forge(kit, { header: { alg: 'eS256' } })],
  ['alg of Object.prototype', (kit) => forge(kit, { header: { alg: 'constructor' } })],
  [
    'HMAC with the public key (PEM)',
    (kit) => forge(kit, { header: { alg: 'HS256' }, signer: hmac(pem(kit)) }),
  ],
  [
    'HMAC with the public key (JWK)',
    (kit) => forge(kit, { header: { alg: 'HS256' }, signer: hmac(JSON.stringify(jwkOf(kit.privateKey))) }),
  ],
  [
    'HMAC with the public key (DER)',
    (kit) => forge(kit, { header: { alg: 'HS256' }, signer: hmac(der(kit)) }),
  ],
  ['HMAC with the public key (DER), called ES256', (kit) => forge(kit, { signer: hmac(der(kit)) })],
  [
    'HMAC with the coordinate x',
    (kit) =>
      forge(kit, {
        header: { alg: 'HS256' },
        signer: hmac(Buffer.from(String(jwkOf(kit.privateKey).x), 'base64url')),
      }),
  ],
  [
    'HMAC-SHA-512 with the public key',
    (kit) =>
      forge(kit, {
        header: { alg: 'HS512' },
        signer: (data) => createHmac('sha512', pem(kit)).update(data).digest(),
      }),
  ],
  ['HMAC with nothing', (kit) => forge(kit, { header: { alg: 'HS256' }, signer: hmac('') })],
  ['HMAC called ES256', (kit) => forge(kit, { signer: hmac(pem(kit)) })],
  ['ES256 called RS256', (kit) => forge(kit, { header: { alg: 'RS256' } })],
  ['ES256 called PS256', (kit) => forge(kit, { header: { alg: 'PS256' } })],
  ['ES256 called ES384', (kit) => forge(kit, { header: { alg: 'ES384' } })],
  ['ES256 called EdDSA', (kit) => forge(kit, { header: { alg: 'EdDSA' } })],
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
    'r = n + 1',
    (kit) => resign(forge(kit), (signature) => Buffer.concat([bytes(ORDER + 1n), signature.subarray(32)])),
  ],
  [
    's = n + 1',
    (kit) => resign(forge(kit), (signature) => Buffer.concat([signature.subarray(0, 32), bytes(ORDER + 1n)])),
  ],
  [
    'r = p',
    (kit) => resign(forge(kit), (signature) => Buffer.concat([bytes(FIELD), signature.subarray(32)])),
  ],
  ['r = 1, s = n - 1', (kit) => resign(forge(kit), () => Buffer.concat([bytes(1n), bytes(ORDER - 1n)]))],
  [
    'a bit of r flipped',
    (kit) =>
      resign(forge(kit), (signature) => {
        signature[0]! ^= 1;
        return signature;
      }),
  ],
  ['signature twice', (kit) => resign(forge(kit), (signature) => Buffer.concat([signature, signature]))],
  ['signature in hex', (kit) => resign(forge(kit), (signature) => signature.toString('hex'))],
  [
    'signature in base64 of the other alphabet',
    (kit) => resign(forge(kit), (signature) => `+/${signature.toString('base64url').slice(2)}`),
  ],
  ['signature with white space', (kit) => forge(kit).replace(/(.{5})$/, ' $1')],
  ['signature with a percent escape', (kit) => forge(kit).replace(/.$/, '%41')],
  [
    'signature of the payload alone',
    (kit) => forge(kit, { signer: (data) => es256(kit.privateKey, data.split('.')[1]!) }),
  ],
  [
    'signature over the decoded parts',
    (kit) =>
      forge(kit, {
        signer: () => es256(kit.privateKey, `${JSON.stringify(kit.header)}.${JSON.stringify(kit.claims)}`),
      }),
  ],
  [
    'signature of another hash',
    (kit) => forge(kit, { signer: (data) => raw('sha384', data, kit.privateKey) }),
  ],
  ['signature by P-384', (kit) => forge(kit, { signer: (data) => raw('sha384', data, p384) })],
  [
    'signature by P-384, called ES384',
    (kit) => forge(kit, { header: { alg: 'ES384' }, signer: (data) => raw('sha384', data, p384) }),
  ],
  ['signature by P-521', (kit) => forge(kit, { signer: (data) => raw('sha512', data, p521) })],
  ['signature by secp256k1', (kit) => forge(kit, { signer: (data) => raw('sha256', data, k256) })],
  [
    'signature by secp256k1, called ES256K',
    (kit) => forge(kit, { header: { alg: 'ES256K' }, signer: (data) => raw('sha256', data, k256) }),
  ],
  ['signature by Ed25519', (kit) => forge(kit, { signer: (data) => sign(null, Buffer.from(data), ed25519) })],
  [
    'signature by Ed25519, called EdDSA',
    (kit) =>
      forge(kit, { header: { alg: 'EdDSA' }, signer: (data) => sign(null, Buffer.from(data), ed25519) }),
  ],
  [
    'r and s exchanged',
    (kit) =>
      resign(forge(kit), (signature) => Buffer.concat([signature.subarray(32), signature.subarray(0, 32)])),
  ],
  [
    'signature of another token',
    (kit) => resign(forge(kit), () => forge(kit, { claims: { jti: 'other' } }).split('.')[2]!),
  ],
];
