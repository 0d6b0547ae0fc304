/**
 * The ways to write a token wrong that are wrong for every JWT, whatever it is for: algorithms and signatures
 * (`forged-signatures.ts`), headers, JSON, encodings, claims (RFC 7515, 7519, 8725).
 */
import { createHmac, createPublicKey, type KeyObject } from 'node:crypto';
import { forgedSignatures } from './forged-signatures.ts';
import { compact, encode, es256, type Forgery, forge, type Kit } from './forgeries.ts';

const jwkOf = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' });
const hmacOfNothing = (data: string) => createHmac('sha256', '').update(data).digest();
const withText = (kit: Kit, text: string): string => JSON.stringify(kit.claims).replace(/\}$/, `,${text}}`);

/** Padded by as many `=` as base64 has there; signed as it stands. */
function pad(kit: Kit, part: 0 | 1): string {
  const parts = [encode(kit.header), encode(kit.claims)];
  parts[part] += '='.repeat(4 - (parts[part]!.length % 4));
  return `${parts.join('.')}.${es256(kit.privateKey, parts.join('.')).toString('base64url')}`;
}

/** Wrong for every JWT, whatever it is for. */
export const forgeries: readonly Forgery[] = [
  ...forgedSignatures,
  ['unknown kid', (kit) => forge(kit, { header: { kid: 'unknown' } })],
  ['kid a number', (kit) => forge(kit, { header: { kid: 1 } })],
  ['kid null', (kit) => forge(kit, { header: { kid: null } })],
  ['kid of Object.prototype', (kit) => forge(kit, { header: { kid: '__proto__' } })],
  ['kid a path', (kit) => forge(kit, { header: { kid: '../../../../dev/null' }, signer: hmacOfNothing })],
  ['kid of SQL', (kit) => forge(kit, { header: { kid: `${kit.header.kid}' OR '1'='1` } })],
  ['kid with a zero byte', (kit) => forge(kit, { header: { kid: `${kit.header.kid}\0` } })],
  ['kid very long', (kit) => forge(kit, { header: { kid: 'k'.repeat(5000) } })],
  ['kid empty', (kit) => forge(kit, { header: { kid: '' } })],
  ['kid an array', (kit) => forge(kit, { header: { kid: [kit.header.kid] } })],
  ['kid an address', (kit) => forge(kit, { header: { kid: 'http://127.0.0.1:1/key' } })],
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
  ['jku of the issuer itself', (kit) => forge(kit, { header: { jku: `${kit.claims.iss}/oauth2/jwks` } })],
  ['jwk null', (kit) => forge(kit, { header: { jwk: null } })],
  ['crit: null', (kit) => forge(kit, { header: { crit: null } })],
  ['crit: alg', (kit) => forge(kit, { header: { crit: ['alg'] } })],
  ['b64 true', (kit) => forge(kit, { header: { b64: true } })],
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
  [
    'header with kid twice',
    (kit) =>
      compact(JSON.stringify(kit.header).replace('{', '{"kid":"other",'), kit.claims, (data) =>
        es256(kit.privateKey, data),
      ),
  ],
  [
    'header with alg twice, once escaped',
    (kit) =>
      compact(JSON.stringify(kit.header).replace('{', '{"\\u0061lg":"none",'), kit.claims, (data) =>
        es256(kit.privateKey, data),
      ),
  ],
  [
    'header with __proto__',
    (kit) =>
      compact(JSON.stringify(kit.header).replace('{', '{"__proto__":{},'), kit.claims, (data) =>
        es256(kit.privateKey, data),
      ),
  ],
  ['header empty', (kit) => compact('{}', kit.claims, (data) => es256(kit.privateKey, data))],
  [
    'header with more behind it',
    (kit) => compact(`${JSON.stringify(kit.header)}{}`, kit.claims, (data) => es256(kit.privateKey, data)),
  ],
  ['header padded', (kit) => pad(kit, 0)],
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
  ['payload padded', (kit) => pad(kit, 1)],
  ['payload empty object', (kit) => compact(kit.header, '{}', (data) => es256(kit.privateKey, data))],
  ['payload true', (kit) => compact(kit.header, 'true', (data) => es256(kit.privateKey, data))],
  [
    'payload with __proto__',
    (kit) => compact(kit.header, withText(kit, '"__proto__":{}'), (data) => es256(kit.privateKey, data)),
  ],
  [
    'payload in UTF-16',
    (kit) =>
      compact(kit.header, Buffer.from(JSON.stringify(kit.claims), 'utf16le'), (data) =>
        es256(kit.privateKey, data),
      ),
  ],
  ['a token in a token', (kit) => compact(kit.header, forge(kit), (data) => es256(kit.privateKey, data))],
  [
    'a token in a token, as a JSON string',
    (kit) => compact(kit.header, JSON.stringify(forge(kit)), (data) => es256(kit.privateKey, data)),
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
  [
    'JSON serialisation, general',
    (kit) => {
      const [header, payload, signature] = forge(kit).split('.');
      return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
    },
  ],
  ['a token in base64url once more', (kit) => Buffer.from(forge(kit)).toString('base64url')],
  ['in quotes', (kit) => `"${forge(kit)}"`],
  ['two tokens', (kit) => `${forge(kit)}, ${forge(kit)}`],
  ['no dot at all', (kit) => forge(kit).replaceAll('.', '')],
  ['other separators', (kit) => forge(kit).replaceAll('.', '~')],
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
  ['audience alone in a list', (kit) => forge(kit, { claims: { aud: [kit.claims.aud] } })],
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
  ['exp negative', (kit) => forge(kit, { claims: { exp: -1 } })],
  ['exp zero', (kit) => forge(kit, { claims: { exp: 0 } })],
  ['exp beyond all integers', (kit) => forge(kit, { claims: { exp: 2 ** 60 } })],
  ['exp in milliseconds', (kit) => forge(kit, { claims: { exp: Number(kit.claims.exp) * 1000 } })],
  ['exp true', (kit) => forge(kit, { claims: { exp: true } })],
  ['exp an array', (kit) => forge(kit, { claims: { exp: [kit.claims.exp] } })],
  ['nbf an object', (kit) => forge(kit, { claims: { nbf: {} } })],
  ['nbf beyond all integers', (kit) => forge(kit, { claims: { nbf: 2 ** 60 } })],
  ['iat negative', (kit) => forge(kit, { claims: { iat: -1 } })],
  ['iat beyond all integers', (kit) => forge(kit, { claims: { iat: 2 ** 60 } })],
  ['iat null', (kit) => forge(kit, { claims: { iat: null } })],
  ['iss in capitals', (kit) => forge(kit, { claims: { iss: String(kit.claims.iss).toUpperCase() } })],
  ['aud an object', (kit) => forge(kit, { claims: { aud: { [String(kit.claims.aud)]: true } } })],
  ['sub an array', (kit) => forge(kit, { claims: { sub: [kit.claims.sub] } })],
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
