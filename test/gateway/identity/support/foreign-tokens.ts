/** Sound JWTs, by the right key, that are no access tokens of the gateway (RFC 9068), or not in their one form. */
import { type Forgery, forge, otherS, resign } from './forgeries.ts';

export const foreignTokens: readonly Forgery[] = [
  ['the other form of the signature', (kit) => resign(forge(kit), otherS)],
  ['too long', (kit) => forge(kit, { claims: { padding: 'x'.repeat(20_000) } })],
  ['typ JWT', (kit) => forge(kit, { header: { typ: 'JWT' } })],
  ['typ missing', (kit) => forge(kit, { header: { typ: undefined } })],
  ['typ of a client assertion', (kit) => forge(kit, { header: { typ: 'client-authentication+jwt' } })],
  ['typ in its long form', (kit) => forge(kit, { header: { typ: 'application/at+jwt' } })],
  ['kid missing', (kit) => forge(kit, { header: { kid: undefined } })],
  ['another header member', (kit) => forge(kit, { header: { extra: 1 } })],
  ['audience in an array', (kit) => forge(kit, { claims: { aud: [kit.claims.aud] } })],
  ['iat missing', (kit) => forge(kit, { claims: { iat: undefined } })],
  ['client_id missing', (kit) => forge(kit, { claims: { client_id: undefined } })],
  ['client_id of another', (kit) => forge(kit, { claims: { client_id: 'G12.thue' } })],
  ['an unknown client', (kit) => forge(kit, { claims: { sub: 'X.y', client_id: 'X.y' } })],
  [
    'a client called __proto__',
    (kit) => forge(kit, { claims: { sub: '__proto__', client_id: '__proto__' } }),
  ],
  ['agency missing', (kit) => forge(kit, { claims: { agency: undefined } })],
  ['agency of another', (kit) => forge(kit, { claims: { agency: 'G12' } })],
  ['scope missing', (kit) => forge(kit, { claims: { scope: undefined } })],
  ['scope an array', (kit) => forge(kit, { claims: { scope: ['a'] } })],
  ['client_key missing', (kit) => forge(kit, { claims: { client_key: undefined } })],
  ['client_key a number', (kit) => forge(kit, { claims: { client_key: 1 } })],
];
