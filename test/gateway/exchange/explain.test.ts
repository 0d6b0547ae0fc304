import t from 'tap';
import { loadCatalog } from '../../../gateway/catalog/live/load.ts';
import { type Explanation, explain, type Question } from '../../../gateway/exchange/explain.ts';
import { copyContracts, packageDirectories } from '../../support/contracts.ts';

const catalog = await loadCatalog(packageDirectories);
const desk: Question = {
  system: 'H26.motcua',
  service: 'population.person.lookup',
  headers: { 'x-purpose': 'dich-vu-cong', 'x-case-id': 'x', 'x-officer-id': 'y' },
  at: Date.parse('2026-11-22T00:00:00Z'),
};

function explained(question: Partial<Question>, of = catalog): Explanation {
  const explanation = explain(of, { ...desk, ...question });
  if ('unknown' in explanation) throw new Error(explanation.unknown);
  return explanation;
}

t.test('copies, by the scope of their tokens', (t) => {
  const tax = { system: 'G12.thue', headers: { 'x-purpose': 'quan-ly-thue' } };
  for (const service of ['business.changes.read', 'business.snapshot.read', 'land.digest.read']) {
    t.match(explained({ ...tax, service }), { call: { service }, verdict: { allowed: true } });
  }
  t.match(explain(catalog, { ...desk, service: 'civil.snapshot.read' }), { unknown: /no service or stream/ });
  t.end();
});

t.test('allowed, with everything that is agreed', (t) => {
  const { call, verdict, others } = explained({});
  t.match(call, { service: 'population.person.lookup@1' }, 'the newest version');
  t.match(verdict, {
    allowed: true,
    purpose: 'dich-vu-cong',
    terms: [
      {
        agreement: 'TT-2026-H26-01',
        validUntil: '2028-12-31',
        requiredHeaders: ['X-Purpose', 'X-Case-Id', 'X-Officer-Id'],
      },
    ],
  });
  t.same(others, []);
  if (!verdict.allowed) throw new Error('refused');
  const { disclosed, withheld } = verdict.terms[0]!.fields;
  t.ok(disclosed.includes('/birthDate'));
  t.ok(withheld.includes('/ethnicity'));
  t.end();
});

t.test('a stream, without a header', (t) => {
  const { verdict } = explained({ system: 'G12.thue', service: 'business.changes.read', headers: {} });
  t.match(verdict, {
    allowed: true,
    purpose: 'quan-ly-thue',
    terms: [{ entity: 'enterprise', agreement: 'TT-2026-G12-02' }],
  });
  t.end();
});

for (const [name, question, code, agreement] of [
  ['another purpose', { headers: { 'x-purpose': 'x' } }, 'purpose_not_granted', 'TT-2026-H26-01'],
  ['no header', { headers: {} }, 'header_missing', 'TT-2026-H26-01'],
  ['too late', { at: Date.parse('2029-01-01T00:00:00+07:00') }, 'agreement_expired', 'TT-2026-H26-01'],
  ['too early', { at: Date.parse('2025-06-01') }, 'agreement_not_yet_valid', 'TT-2026-H26-01'],
  ['no agreement', { system: 'H29.thu' }, 'no_agreement', undefined],
  [
    'an officer that is a sentence',
    { headers: { ...desk.headers, 'x-officer-id': 'a b' } },
    'header_invalid',
    undefined,
  ],
] as const) {
  t.test(`refused: ${name}`, (t) => {
    const { verdict } = explained(question);
    t.match(verdict, { allowed: false, code, agreement });
    t.end();
  });
}

t.test('the other agreements that name it, and do not decide', async (t) => {
  const copy = await copyContracts(t, {
    'contracts/agreements/second.yaml': () => `
agreement: TT-2026-H26-09
title: { vi: Cũ, en: Old }
consumer: H26
purposes: [thong-ke]
legalBasis: [Nghị định 278/2025/NĐ-CP]
validFrom: 2024-01-01
validUntil: 2024-12-31
services:
  - { service: population.person.lookup@1, fields: [/sex] }
`,
  });
  const both = await loadCatalog(copy);
  t.match(explained({}, both), {
    verdict: { allowed: true, terms: [{ agreement: 'TT-2026-H26-01' }] },
    others: [{ agreement: 'TT-2026-H26-09', standing: 'expired', purposes: ['thong-ke'] }],
  });
  t.match(explained({ headers: { 'x-purpose': 'thong-ke' } }, both), {
    verdict: { code: 'agreement_expired', agreement: 'TT-2026-H26-09' },
    others: [{ agreement: 'TT-2026-H26-01', standing: 'in_force' }],
  });
});

t.test('an unknown system or service is refused by its name', (t) => {
  t.match(explain(catalog, { ...desk, system: 'H99.x' }), { unknown: /no system H99\.x/ });
  t.match(explain(catalog, { ...desk, service: 'population.person.lookup@9' }), { unknown: /@9/ });
  t.end();
});
