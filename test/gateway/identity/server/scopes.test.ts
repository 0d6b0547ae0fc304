/** Which scopes a client gets: those that an agreement in force names (RFC 6749, 3.3). */
import t from 'tap';
import { OAuthError } from '../../../../gateway/identity/clients/oauth-error.ts';
import { grantScope, scopesOf } from '../../../../gateway/identity/server/scopes.ts';
import { catalogOf, type Granted, inlineKeys, NOW, system, termsOf } from '../support/identity.ts';

const LOOKUP = 'population.person.lookup';
const SEARCH = 'business.enterprise.lookup';
const STREAM = 'business.changes.read';
const client = system('H26.motcua', inlineKeys());

const over = termsOf({ number: 'TT-OVER', validUntil: NOW, legalBasis: ['over'] });
const early = termsOf({ number: 'TT-EARLY', validFrom: NOW + 1, legalBasis: ['early'] });
const revoked = termsOf({ number: 'TT-REVOKED', legalBasis: ['revoked'] });
const overAndRevoked = { ...over, number: 'TT-REVOKED' };

function ask(granted: Granted[], requested: string | undefined): string | OAuthError {
  const catalog = catalogOf([client], { granted: { [client.id]: granted } });
  try {
    return grantScope(requested, {
      ...{ system: client, catalog, now: NOW },
      revoked: new Set(['TT-REVOKED']),
    });
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

t.test('scopes that are granted', (t) => {
  const cases: readonly (readonly [string, Granted[], string | undefined, string])[] = [
    ['one of two', [LOOKUP, SEARCH], LOOKUP, LOOKUP],
    [
      'as it was asked for, each once',
      [LOOKUP, SEARCH],
      `${LOOKUP} ${SEARCH} ${LOOKUP}`,
      `${LOOKUP} ${SEARCH}`,
    ],
    ['narrowed', [LOOKUP], `${SEARCH} ${LOOKUP}`, LOOKUP],
    ['narrowed by an agreement that is over', [LOOKUP, [SEARCH, over]], `${SEARCH} ${LOOKUP}`, LOOKUP],
    ['narrowed by one that is not in force yet', [LOOKUP, [SEARCH, early]], `${SEARCH} ${LOOKUP}`, LOOKUP],
    ['narrowed by one that was revoked', [LOOKUP, [SEARCH, revoked]], `${SEARCH} ${LOOKUP}`, LOOKUP],
    ['by another agreement than the one that is over', [[LOOKUP, over], LOOKUP], LOOKUP, LOOKUP],
    ['a stream, for each of its uses', [STREAM], 'business.snapshot.read', 'business.snapshot.read'],
    [
      'by default: all in force, sorted',
      [LOOKUP, STREAM],
      undefined,
      `${STREAM} business.digest.read business.snapshot.read ${LOOKUP}`,
    ],
    [
      'by default: not what is over, early or revoked',
      [LOOKUP, [SEARCH, over], [STREAM, early], [SEARCH, revoked]],
      undefined,
      LOOKUP,
    ],
    ['by default: nothing is nothing', [[LOOKUP, over]], undefined, ''],
    ['by default: no agreement at all', [], undefined, ''],
  ];
  for (const [name, granted, requested, expected] of cases) t.equal(ask(granted, requested), expected, name);
  t.end();
});

t.test('scopes that are refused, and the reason', (t) => {
  const cases: readonly (readonly [string, Granted[], string, string | undefined, string | undefined])[] = [
    ['no agreement at all', [], LOOKUP, 'no_agreement', undefined],
    ['agreements for others', [SEARCH], LOOKUP, 'no_agreement', undefined],
    ['over', [[LOOKUP, over]], LOOKUP, 'agreement_expired', 'TT-OVER'],
    ['not in force yet', [[LOOKUP, early]], LOOKUP, 'agreement_not_yet_valid', 'TT-EARLY'],
    ['revoked', [[LOOKUP, revoked]], LOOKUP, 'agreement_revoked', 'TT-REVOKED'],
    ['over and revoked', [[LOOKUP, overAndRevoked]], LOOKUP, 'agreement_expired', 'TT-REVOKED'],
    ['a stream', [[STREAM, revoked]], 'business.digest.read', 'agreement_revoked', 'TT-REVOKED'],
    [
      'of two, one without and one over',
      [[LOOKUP, over]],
      `${SEARCH} ${LOOKUP}`,
      'agreement_expired',
      'TT-OVER',
    ],
    ['what does not exist', [LOOKUP], 'openid', undefined, undefined],
    ['what does not exist, beside what does', [LOOKUP], `${LOOKUP} openid`, undefined, undefined],
    ['an empty name', [LOOKUP], `${LOOKUP} `, undefined, undefined],
    ['a member of every object', [LOOKUP], 'constructor', undefined, undefined],
  ];
  for (const [name, granted, requested, code, agreement] of cases) {
    const error = ask(granted, requested);
    t.match(error, { code: 'invalid_scope', status: 400, reason: code }, name);
    const ground = error instanceof OAuthError ? error.ground : undefined;
    t.match([ground?.code, ground?.agreement], [code, agreement], name);
    if (code) t.ok(ground!.legalBasis.length > 0, `${name}: a legal basis`);
  }
  t.end();
});

t.test('all of them', (t) => {
  t.same(
    [...scopesOf(catalogOf([client]))],
    [STREAM, 'business.digest.read', SEARCH, 'business.snapshot.read', LOOKUP],
  );
  t.end();
});
