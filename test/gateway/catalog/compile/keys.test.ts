import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import type { JsonWebKey } from '../../../../gateway/catalog/catalog.ts';
import { checkKeys } from '../../../../gateway/catalog/compile/keys.ts';
import { SourceFile } from '../../../../gateway/catalog/read/document.ts';
import { copyContracts, findingsIn } from '../../../support/contracts.ts';

const jwk = (key: { export(options: { format: 'jwk' }): object }, kid = 'k'): JsonWebKey =>
  ({ ...key.export({ format: 'jwk' }), kid }) as JsonWebKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const good = jwk(ec.publicKey);

/** Lines are those of the members: each key is written one member a line. */
function findings(...keys: readonly object[]): string[] {
  const file = new SourceFile('keys.json', JSON.stringify({ keys }, null, 1));
  const found: string[] = [];
  checkKeys(keys as JsonWebKey[], '/keys', file, ({ line, message }) => found.push(`${line}: ${message}`));
  return found;
}

for (const [name, keys] of [
  ['P-256', [good]],
  ['Ed25519', [jwk(generateKeyPairSync('ed25519').publicKey)]],
  ['RSA 2048, without alg', [jwk(rsa.publicKey)]],
  ['with its alg', [{ ...good, alg: 'ES256', use: 'sig' }]],
  ['both names of EdDSA', [{ ...jwk(generateKeyPairSync('ed25519').publicKey), alg: 'EdDSA' }]],
  ['two keys, for a rotation', [good, { ...good, kid: 'next' }]],
  ['a key for encryption is not looked at', [{ ...jwk(rsa.publicKey), use: 'enc', alg: 'RSA-OAEP' }]],
] as const) {
  t.test(`taken: ${name}`, (t) => {
    t.same(findings(...keys), []);
    t.end();
  });
}

for (const [name, keys, expected] of [
  ['a private EC key', [jwk(ec.privateKey)], /^8: "d" is a part of a private key/],
  ['a private RSA key', [jwk(rsa.privateKey)], /"d" is a part of a private key/],
  ['a secret', [{ kty: 'oct', kid: 'k', k: 'c2VjcmV0' }], /"k" is a part of a private key/],
  ['another curve', [jwk(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)], /P-384/],
  ['for key agreement', [jwk(generateKeyPairSync('x25519').publicKey)], /X25519/],
  ['a type of nobody', [{ kty: 'XYZ', kid: 'k' }], /^4: no algorithm takes a key of type "XYZ"/],
  ['weak RSA', [jwk(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)], /too weak/],
  [
    'a small exponent',
    [jwk(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey)],
    /too weak/,
  ],
  ['RS256', [{ ...jwk(rsa.publicKey), alg: 'RS256' }], /alg "RS256" is not one for this key: it is PS256/],
  ['alg of another type', [{ ...good, alg: 'EdDSA' }], /alg "EdDSA"/],
  ['a point that is not on its curve', [{ ...good, x: good.y }], /make no public key/],
  ['a member that is missing', [{ kty: 'EC', crv: 'P-256', kid: 'k' }], /make no public key/],
  ['one name for two keys', [good, good], /^15: kid "k" names another key/],
] as const) {
  t.test(`refused: ${name}`, (t) => {
    const found = findings(...keys);
    t.equal(found.length, 1, found.join('; '));
    t.match(found[0], expected);
    t.end();
  });
}

t.test('in agency files and in delivered ones, by file and line', async (t) => {
  const copy = await copyContracts(t, {
    'contracts/agencies/H26-hanoi.yaml': (text) =>
      text.replace(
        '  - system: H26.motcua',
        '  - system: H26.motcua\n    jwks:\n      keys:\n        - kty: EC\n          kid: a\n          crv: P-521',
      ),
    'H29.thu.jwks.json': () => JSON.stringify({ keys: [jwk(ec.privateKey)] }),
  });
  t.match(await findingsIn({ ...copy, clientKeysDir: copy.directory }), [
    { file: 'agencies/H26-hanoi.yaml', line: 12, message: /P-521/ },
    { file: 'client-keys/H29.thu.jwks.json', line: 1, message: /private key/ },
  ]);
});
