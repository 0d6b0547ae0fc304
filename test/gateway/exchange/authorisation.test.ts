import t from 'tap';
import { loadCatalog } from '../../../gateway/catalog/live/load.ts';
import { authorise, authoriseStream } from '../../../gateway/exchange/authorisation.ts';
import type { Caller } from '../../../gateway/identity/caller.ts';
import { Problem } from '../../../gateway/problems/problem.ts';

const catalog = await loadCatalog({
  contractsDir: new URL('../../../contracts', import.meta.url).pathname,
  schemasDir: new URL('../../../schemas', import.meta.url).pathname,
});
const lookup = catalog.services.get('population.person.lookup@1')!;
const now = Date.parse('2026-11-22T00:00:00Z');

const caller = (system: string, scopes = ['population.person.lookup', 'business.changes.read']): Caller => ({
  agency: system.split('.')[0]!,
  system,
  scopes: new Set(scopes),
  tokenId: 'token',
  keyThumbprint: 'key',
  expiresAt: now + 1000,
});
const desk = { 'x-purpose': 'dich-vu-cong', 'x-case-id': 'H26.11-261122-0001', 'x-officer-id': 'CB001' };

function refusal(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('was not refused');
}

t.test('an agreement decides', async (t) => {
  const given = authorise(catalog, caller('H26.motcua'), lookup, desk, now);
  t.match(given.circumstances, {
    purpose: 'dich-vu-cong',
    caseId: 'H26.11-261122-0001',
    officerId: 'CB001',
  });
  t.equal(given.agreement.number, 'TT-2026-H26-01');
});

t.test('refusals name their reason, the agreement and the legal basis', async (t) => {
  const cases: [string, Caller, Record<string, string>, number, string, string | undefined][] = [
    ['none at all', caller('H29.thu'), desk, now, 'no_agreement', undefined],
    ['nor for an auditor', caller('G22.giamsat'), desk, now, 'no_agreement', undefined],
    [
      'a token for something else',
      caller('H26.motcua', ['land.parcel.lookup']),
      desk,
      now,
      'insufficient_scope',
      'TT-2026-H26-01',
    ],
    [
      'a token without the scope of what has ended: the agreement is the reason',
      caller('H26.motcua', []),
      desk,
      Date.parse('2029-01-01T00:00:00+07:00'),
      'agreement_expired',
      'TT-2026-H26-01',
    ],
    [
      'a token without the scope of what has not begun',
      caller('H26.motcua', []),
      desk,
      Date.parse('2026-01-01T00:00:00+07:00') - 1,
      'agreement_not_yet_valid',
      'TT-2026-H26-01',
    ],
    [
      'another purpose',
      caller('H26.motcua'),
      { ...desk, 'x-purpose': 'quan-ly-thue' },
      now,
      'purpose_not_granted',
      'TT-2026-H26-01',
    ],
    ['no purpose', caller('H26.motcua'), {}, now, 'header_missing', 'TT-2026-H26-01'],
    [
      'no officer',
      caller('H26.motcua'),
      { 'x-purpose': 'dich-vu-cong', 'x-case-id': 'x' },
      now,
      'header_missing',
      'TT-2026-H26-01',
    ],
    [
      'too early by a millisecond',
      caller('H26.motcua'),
      desk,
      Date.parse('2026-01-01T00:00:00+07:00') - 1,
      'agreement_not_yet_valid',
      'TT-2026-H26-01',
    ],
    [
      'too late',
      caller('H26.motcua'),
      desk,
      Date.parse('2029-01-01T00:00:00+07:00'),
      'agreement_expired',
      'TT-2026-H26-01',
    ],
    [
      'an officer that is a sentence',
      caller('H26.motcua'),
      { ...desk, 'x-officer-id': 'the one at the desk' },
      now,
      'header_invalid',
      undefined,
    ],
  ];
  for (const [name, who, headers, at, code, agreement] of cases) {
    const problem = refusal(() => authorise(catalog, who, lookup, headers, at));
    t.equal(problem.code, code, name);
    t.equal(problem.members.agreement, agreement, name);
    if (problem.status === 403) t.ok(problem.members.legalBasis?.length, `${name}: legal basis`);
  }
  t.doesNotThrow(
    () => authorise(catalog, caller('H26.motcua'), lookup, desk, Date.parse('2028-12-31T23:59:59+07:00')),
    'the last day counts',
  );
});

t.test('an agreement that was revoked is the reason, with or without its scope', async (t) => {
  const revoked = new Set(['TT-2026-H26-01']);
  for (const scopes of [['population.person.lookup'], []]) {
    const problem = refusal(() =>
      authorise(catalog, caller('H26.motcua', scopes), lookup, desk, now, revoked),
    );
    t.match([problem.code, problem.members.agreement], ['agreement_revoked', 'TT-2026-H26-01']);
  }
});

t.test('every missing header is named', async (t) => {
  const problem = refusal(() => authorise(catalog, caller('H26.motcua'), lookup, {}, now));
  t.same(
    problem.members.errors?.map((error) => error.header),
    ['x-purpose', 'x-case-id', 'x-officer-id'],
  );
});

t.test('streams: the only purpose need not be named', async (t) => {
  const given = authoriseStream(catalog, caller('G12.thue'), 'business', {}, now);
  t.equal(given.circumstances.purpose, 'quan-ly-thue');
  t.equal(given.grants.length, 1);
  t.equal(
    refusal(() => authoriseStream(catalog, caller('G12.thue'), 'population', {}, now)).code,
    'no_agreement',
  );
  t.equal(
    refusal(() => authoriseStream(catalog, caller('G12.thue'), 'land', {}, now)).code,
    'insufficient_scope',
  );
});
