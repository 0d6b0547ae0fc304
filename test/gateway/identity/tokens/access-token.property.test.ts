/** No mutation of a valid access token is accepted (fast-check). */
import fc from 'fast-check';
import t from 'tap';
import { signAccessToken } from '../../../../gateway/identity/tokens/access-token.ts';
import { openSigningKeys } from '../../../../gateway/identity/tokens/signing-keys.ts';
import { toLowS } from '../../../../gateway/keys/low-s.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import { deriveSecrets } from '../../../../gateway/store/secrets.ts';
import { otherS, resign } from '../support/forgeries.ts';
import {
  catalogOf,
  freshPool,
  ISSUER,
  inlineKeys,
  MASTER_KEY,
  NOW,
  presented,
  run,
  system,
} from '../support/identity.ts';

t.test('mutations', async (t) => {
  const pool = await freshPool(t);
  const client = system('H26.motcua', inlineKeys());
  const { identity, log } = await run(t, { pool, catalog: catalogOf([client]) });
  const keys = await openSigningKeys({
    pool,
    encryptionKey: deriveSecrets(MASTER_KEY).derive('signing-keys'),
    rotationDays: 90,
    now: () => NOW,
    log,
  });
  t.teardown(() => keys.close());
  const sign = (scope: string) =>
    signAccessToken(keys.current(), {
      issuer: ISSUER,
      system: client,
      scope,
      keyThumbprint: 'thumbprint',
      confirmation: undefined,
      issuedAt: NOW,
    });
  const token = await sign('population.person.lookup');
  const other = await sign('business.enterprise.lookup');
  await identity.authenticate(presented(`Bearer ${token}`));

  const accepted = async (mutated: string): Promise<boolean> => {
    if (mutated === token || mutated === other) return false;
    try {
      await identity.authenticate(presented(`Bearer ${mutated}`));
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return false;
      throw error;
    }
  };
  const never = (mutations: fc.Arbitrary<string>, runs = 400) =>
    fc.assert(
      fc.asyncProperty(mutations, async (mutated) => !(await accepted(mutated))),
      { numRuns: runs },
    );

  const position = fc.nat({ max: token.length - 1 });
  const character = fc.constantFrom(
    ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.~ \t\u00e9\0',
  );
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));

  t.test('one character replaced', () =>
    never(fc.tuple(position, character).map(([at, c]) => token.slice(0, at) + c + token.slice(at + 1))),
  );
  t.test('a character put in', () =>
    never(
      fc
        .tuple(fc.nat({ max: token.length }), character)
        .map(([at, c]) => token.slice(0, at) + c + token.slice(at)),
    ),
  );
  t.test('a stretch taken out', () =>
    never(
      fc
        .tuple(position, fc.integer({ min: 1, max: 60 }))
        .map(([at, n]) => token.slice(0, at) + token.slice(at + n)),
    ),
  );
  t.test('one bit of the bytes flipped', () =>
    never(
      fc.tuple(fc.nat({ max: 2 }), fc.nat(), fc.nat({ max: 7 })).map(([part, at, bit]) => {
        const changed = parts.map((bytes) => Buffer.from(bytes));
        const bytes = changed[part]!;
        bytes[at % bytes.length]! ^= 1 << bit;
        return changed.map((bytes) => bytes.toString('base64url')).join('.');
      }),
    ),
  );
  t.test('parts of two valid tokens put together', () =>
    never(
      fc
        .array(fc.tuple(fc.nat({ max: 2 }), fc.boolean()), { minLength: 1, maxLength: 5 })
        .map((choice) => choice.map(([part, first]) => (first ? token : other).split('.')[part]).join('.')),
      200,
    ),
  );
  t.test('two valid tokens spliced anywhere', () =>
    never(
      fc
        .tuple(position, fc.nat({ max: other.length - 1 }), fc.boolean())
        .map(([at, from, first]) =>
          first ? token.slice(0, at) + other.slice(from) : other.slice(0, from) + token.slice(at),
        ),
    ),
  );
  t.test('two valid tokens spliced at the same place', () =>
    never(position.map((at) => token.slice(0, at) + other.slice(at))),
  );
  t.test('a stretch twice, or two stretches exchanged', () =>
    never(
      fc
        .tuple(position, position, fc.integer({ min: 1, max: 40 }), fc.boolean())
        .map(([one, two, length, twice]) => {
          const [a, b] = [Math.min(one, two), Math.max(one, two)];
          if (twice) return token.slice(0, a + length) + token.slice(a);
          const middle = token.slice(a + length, Math.max(b, a + length));
          return `${token.slice(0, a)}${token.slice(b, b + length)}${middle}${token.slice(a, a + length)}${token.slice(b + length)}`;
        }),
    ),
  );
  t.test('bytes put into a part, or taken out of it', () =>
    never(
      fc
        .tuple(fc.nat({ max: 2 }), fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 4 }))
        .map(([part, at, added, removed]) => {
          const changed = [...parts];
          const bytes = changed[part]!;
          const place = at % (bytes.length + 1);
          changed[part] = Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place + removed)]);
          return changed.map((bytes) => bytes.toString('base64url')).join('.');
        }),
    ),
  );
  t.test('several of its characters at once', () =>
    never(
      fc.array(fc.tuple(position, character), { minLength: 2, maxLength: 8 }).map((changes) => {
        const characters = [...token];
        for (const [at, c] of changes) characters[at] = c;
        return characters.join('');
      }),
    ),
  );
  t.test('another claim or header member', () =>
    never(
      fc.tuple(fc.boolean(), fc.string(), fc.jsonValue()).map(([inHeader, name, value]) => {
        const [header, payload, signature] = token.split('.');
        const alter = (part: string | undefined) =>
          Buffer.from(
            JSON.stringify({ ...JSON.parse(Buffer.from(part!, 'base64url').toString()), [name]: value }),
          ).toString('base64url');
        return [inHeader ? alter(header) : header, inHeader ? payload : alter(payload), signature].join('.');
      }),
    ),
  );
  t.test('the other ECDSA signature of the same token', async (t) => {
    const flipped = resign(token, otherS);
    t.not(flipped, token);
    t.notOk(await accepted(flipped));
    t.equal(toLowS(flipped), token, 'and it is the same token in its one form');
  });
  t.test('any text at all', () => never(fc.string({ maxLength: 400 })));
});
