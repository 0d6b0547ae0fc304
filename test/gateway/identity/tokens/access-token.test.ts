import { generateKeyPairSync } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Caller } from '../../../../gateway/identity/caller.ts';
import type { Identity } from '../../../../gateway/identity/identity.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import { foreignTokens } from '../support/foreign-tokens.ts';
import { forge, type Kit } from '../support/forgeries.ts';
import { forgeries } from '../support/forgery-table.ts';
import {
  catalogOf,
  freshPool,
  ISSUER,
  inlineKeys,
  NOW,
  presented,
  run,
  stolenSigningKey,
  system,
} from '../support/identity.ts';

const SECONDS = NOW / 1000;

/** A running Identity, and its own key in the hands of the test. */
async function withKey(t: Test, maxVerifiedTokens?: number) {
  const pool = await freshPool(t);
  const catalog = { current: catalogOf([system('H26.motcua', inlineKeys())]) };
  const running = await run(t, { pool, catalog: () => catalog.current, maxVerifiedTokens });
  const key = await stolenSigningKey(pool);
  const kit: Kit = {
    header: { alg: 'ES256', typ: 'at+jwt', kid: key.kid },
    claims: {
      iss: ISSUER,
      aud: ISSUER,
      sub: 'H26.motcua',
      client_id: 'H26.motcua',
      scope: 'population.person.lookup business.changes.read',
      agency: 'H26',
      client_key: 'thumbprint',
      jti: 'token-1',
      iat: SECONDS,
      exp: SECONDS + 300,
    },
    privateKey: key.privateKey,
    strangerKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  };
  return { ...running, kit, catalog };
}

async function outcome(identity: Identity, token: string): Promise<Caller | Problem> {
  try {
    return await identity.authenticate(presented(`Bearer ${token}`));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const CHALLENGE = /^Bearer realm="lienthong", error="invalid_token", error_description="[a-z0-9 -]+"$/i;

t.test('a valid token becomes a caller, at once the second time', async (t) => {
  const { identity, kit } = await withKey(t);
  const authorization = `Bearer ${forge(kit)}`;
  const first = identity.authenticate(presented(authorization));
  t.ok(first instanceof Promise);
  const caller = await first;
  t.same(
    { ...caller, scopes: [...caller.scopes] },
    {
      agency: 'H26',
      system: 'H26.motcua',
      scopes: ['population.person.lookup', 'business.changes.read'],
      tokenId: 'token-1',
      keyThumbprint: 'thumbprint',
      expiresAt: NOW + 300_000,
      confirmation: undefined,
    },
  );
  t.equal(identity.authenticate(presented(authorization)), caller, 'the same object, without a promise');
  t.equal(
    identity.authenticate(presented(authorization.replace('Bearer', 'bearer'))),
    caller,
    'any case of the scheme',
  );
});

t.test('no token', async (t) => {
  const { identity } = await withKey(t);
  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic dTpw',
    'DPoP',
    'DPoP ',
    'DPoPtoken',
    'Bearertoken',
  ]) {
    const problem = await Promise.try(() => identity.authenticate(presented(header))).catch(
      (error: unknown) => error,
    );
    t.ok(problem instanceof Problem, `${header}`);
    t.match(
      problem,
      {
        code: 'token_missing',
        members: {
          headers: {
            'WWW-Authenticate':
              'Bearer realm="lienthong", DPoP realm="lienthong", algs="ES256 EdDSA Ed25519 PS256"',
          },
        },
      },
      `${header}`,
    );
  }
});

t.test('forged, altered and foreign tokens', async (t) => {
  const { identity, kit, log } = await withKey(t);
  const cases: readonly (readonly [string, (kit: Kit) => string])[] = [
    ...forgeries,
    ...foreignTokens,
    ['expired this second', (kit) => forge(kit, { claims: { iat: SECONDS - 300, exp: SECONDS } })],
    ['issued in 31 seconds', (kit) => forge(kit, { claims: { iat: SECONDS + 31 } })],
    ['not valid before the next second', (kit) => forge(kit, { claims: { nbf: SECONDS + 1 } })],
    ['lives for 301 seconds', (kit) => forge(kit, { claims: { exp: SECONDS + 301 } })],
    ['exp not whole', (kit) => forge(kit, { claims: { exp: SECONDS + 1.5 } })],
  ];
  t.ok(cases.length >= 150, `${cases.length} cases`);
  for (const [name, make] of cases) {
    const result = await outcome(identity, make(kit));
    t.ok(result instanceof Problem && result.code === 'token_invalid', name);
    if (!(result instanceof Problem)) continue;
    t.match(result.members.headers?.['WWW-Authenticate'], CHALLENGE, `${name}: challenge`);
  }
  const payload = forge(kit).split('.')[1]!;
  t.notOk(
    log.lines.some((line) => line.includes(payload.slice(0, 20))),
    'no token in the log',
  );
});

t.test('a remembered token ends with its time, and with its client', async (t) => {
  const { identity, kit, clock, catalog } = await withKey(t);
  const token = forge(kit);
  await outcome(identity, token);
  clock.at = NOW + 299_999;
  t.notOk((await outcome(identity, token)) instanceof Problem, 'the last millisecond');
  clock.at = NOW + 300_000;
  t.match(await outcome(identity, token), { code: 'token_invalid' }, 'expired');
  clock.at = NOW;
  t.notOk((await outcome(identity, token)) instanceof Problem);
  const before = catalog.current;
  catalog.current = catalogOf([system('G12.thue', inlineKeys())]);
  t.match(await outcome(identity, token), { code: 'token_invalid' }, 'client removed');
  catalog.current = before;
  t.notOk((await outcome(identity, token)) instanceof Problem, 'client back');
});

t.test('a full cache is a miss', async (t) => {
  const { identity, kit } = await withKey(t, 1);
  const [first, second] = ['1', '2'].map((jti) => `Bearer ${forge(kit, { claims: { jti } })}`);
  await identity.authenticate(presented(first));
  await identity.authenticate(presented(second));
  t.notOk(identity.authenticate(presented(first)) instanceof Promise, 'the first is remembered');
  const again = identity.authenticate(presented(second));
  t.ok(again instanceof Promise, 'the second is verified again');
  t.match(await again, { tokenId: '2' });
});

t.test('a token that the gateway never issued but could have: claims of other types', async (t) => {
  const { identity, kit } = await withKey(t);
  for (const claim of Object.keys(kit.claims)) {
    for (const value of [null, [], {}, true, -1, '']) {
      const text = forge(kit, { claims: { [claim]: value } });
      const result = await outcome(identity, text);
      if (claim === 'scope' && value === '') t.notOk(result instanceof Problem, 'an empty scope is a scope');
      else t.match(result, { code: 'token_invalid' }, `${claim}: ${JSON.stringify(value)}`);
    }
  }
});
