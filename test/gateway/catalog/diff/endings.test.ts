import t from 'tap';
import type { Agreement, Catalog, StreamGrant } from '../../../../gateway/catalog/catalog.ts';
import { compareEndings } from '../../../../gateway/catalog/diff/endings.ts';
import { agreementOf, catalogOf, grantOf } from '../../changes/support.ts';

const NOW = 1_000_000;
const fields = ['/code', '/name'];
const provinces = ['01', '48'];
const grant = (more: Parameters<typeof grantOf>[1] = {}) => grantOf('TT-1', { fields, provinces, ...more });
const term = (validUntil: number) => ({ agreement: agreementOf('TT-1', { validUntil }) });

/** A catalogue that has an agreement beside those of its streams. */
const withAgreement = (agreement: Agreement, ...grants: StreamGrant[]): Catalog => {
  const catalog = catalogOf(...grants);
  return { ...catalog, agreements: new Map([...catalog.agreements, [agreement.number, agreement]]) };
};

const before = catalogOf(grant());
const cases: [name: string, before: Catalog, after: Catalog, reason?: string, when?: string][] = [
  ['the same', before, catalogOf(grant())],
  ['the agreement is gone', before, catalogOf(), 'removed', 'after the grace time'],
  ['the stream is gone', before, withAgreement(agreementOf('TT-1')), 'narrowed', 'after the grace time'],
  ['a field less', before, catalogOf(grant({ fields: ['/name'] })), 'narrowed', 'after the grace time'],
  [
    'a former province beside the one that took it over, or not',
    catalogOf(grant({ provinces: ['31', '30'] })),
    catalogOf(grant({ provinces: ['31'] })),
  ],
  ['a row less', before, catalogOf(grant({ provinces: ['01'] })), 'narrowed', 'after the grace time'],
  [
    'rows where all were',
    catalogOf(grantOf('TT-1')),
    catalogOf(grantOf('TT-1', { provinces })),
    'narrowed',
    'after the grace time',
  ],
  [
    'a field more',
    before,
    catalogOf(grant({ fields: [...fields, '/members/*/name'] })),
    'widened',
    'after the retention',
  ],
  ['all rows', before, catalogOf(grantOf('TT-1', { fields })), 'widened', 'after the retention'],
  ['its term is over', before, catalogOf(grant(term(NOW))), 'ended', 'after the grace time'],
  ['its term was over', catalogOf(grant(term(NOW - 1))), catalogOf(grant(term(NOW)))],
  ['a longer term', before, catalogOf(grant(term(NOW + 1)))],
];

for (const [name, old, after, reason, when] of cases) {
  t.test(name, async (t) => {
    const endings = compareEndings(old, after, NOW);
    if (reason === undefined) return t.same(endings, []);
    const target = 'business.changes.read enterprise';
    const topics = 'lienthong.business.enterprise.TT-1.g*';
    const systems = reason === 'widened' ? [] : ['G12.thue'];
    t.same(endings, [{ agreement: 'TT-1', target, topics, reason, when, systems }]);
  });
}

t.test('an agreement of services alone ends calls, at once', async (t) => {
  const endings = compareEndings(withAgreement(agreementOf('TT-9'), grant()), catalogOf(grant()), NOW);
  t.same(endings, [
    {
      agreement: 'TT-9',
      target: undefined,
      topics: undefined,
      reason: 'removed',
      when: 'at once',
      systems: [],
    },
  ]);
});
