import t from 'tap';
import { type CatalogDiff, compareCatalogs, renderDiff } from '../../../../gateway/catalog/diff/diff.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { main } from '../../../../gateway/cli.ts';
import { copyContracts, type Edits, packageDirectories } from '../../../support/contracts.ts';

const before = await loadCatalog(packageDirectories);

const desk = 'contracts/agreements/H26-motcua-one-stop-desk.yaml';
const tax = 'contracts/agreements/G12-thue-tax.yaml';
const streams = 'contracts/agreements/G12-thue-tax-streams.yaml';
const lookup = 'contracts/services/population.person.lookup.v1.yaml';
const person = 'schemas/person.schema.json';

const replacing = (what: string | RegExp, by: string) => (text: string) => text.replace(what, by);

/** name, edits, does it break, the reported lines */
const cases: [string, Edits, boolean, RegExp[]][] = [
  [
    'a field less',
    { [desk]: replacing(', /birthDate', '') },
    true,
    [
      /H26\.motcua → population\.person\.lookup@1, for dich-vu-cong\n {4}! loses \/birthDate \(TT-2026-H26-01\)/,
    ],
  ],
  [
    'a field more',
    { [desk]: replacing('/birthDate', '/birthDate, /sex') },
    false,
    [/\+ gains \/sex \(TT-2026-H26-01\)/, /ok: nothing breaks/],
  ],
  [
    'another title and basis only',
    { [tax]: replacing('  - Luật Quản lý thuế', '  - Luật Quản lý thuế 2025') },
    false,
    [/TT-2026-G12-01 of G12\.thue: changed\n {4}~ legal basis: .* → .*2025/],
  ],
  [
    'a header more',
    { [tax]: replacing('[X-Purpose]', '[X-Purpose, X-Case-Id]') },
    true,
    [/! required headers: x-purpose → x-purpose, x-case-id/],
  ],
  [
    'a shorter term',
    { [tax]: replacing('2028-12-31', '2027-12-31') },
    true,
    [/! valid until: 2028-12-31 → 2027-12-31/],
  ],
  ['a longer one', { [tax]: replacing('2028-12-31', '2029-12-31') }, false, [/~ valid until/]],
  [
    'rate and quota',
    { [tax]: (text) => text.replace('burst: 100', 'burst: 50').replace('1000000', '10') },
    false,
    [/~ rate: 100\/s, burst 100 → 100\/s, burst 50/, /~ quota a day: 1000000 → 10/],
  ],
  [
    'fewer rows, of services and streams',
    { [streams]: replacing('streams:', 'scope: { provinceCode: ["01"] }\nstreams:') },
    true,
    [/! rows of business\.changes\.read enterprise: all → provinceCode in 01/],
  ],
  [
    'another purpose',
    { [tax]: replacing('[quan-ly-thue]', '[thanh-tra]') },
    true,
    [/! purposes: quan-ly-thue → thanh-tra/, /for quan-ly-thue\n {4}! loses/, /for thanh-tra\n {4}\+ gains/],
  ],
  [
    'a new agreement',
    {
      'contracts/agreements/new.yaml': () =>
        'agreement: TT-2026-H29-01\ntitle: { vi: a, en: a }\nconsumer: H29\npurposes: [y-te]\nlegalBasis: [Luật]\nvalidFrom: 2026-01-01\nvalidUntil: 2026-12-31\nservices:\n  - { service: population.person.verify@1, fields: [/match] }\n',
    },
    false,
    [
      /TT-2026-H29-01 of H29: added/,
      /H29\.thu → population\.person\.verify@1, for y-te\n {4}\+ gains \/match/,
    ],
  ],
  [
    'a check that only warns now: whoever reads relied on it',
    {
      [lookup.replace('lookup', 'verify')]: replacing('errors: []', 'checks: { x-personal-id-agrees: warn }'),
    },
    true,
    [
      /population\.person\.verify@1: changed\n {4}! checks that only warn: was none and is x-personal-id-agrees/,
    ],
  ],
  [
    'a check that refuses again is nothing to readers',
    { [lookup]: replacing('checks: { x-personal-id-agrees: warn }\n', '') },
    false,
    [/~ checks that only warn: was x-personal-id-agrees and is none|checks that only warn/],
  ],
  [
    'and breaks whoever publishes; so does a narrower bound of versions',
    {
      'contracts/services/business.changes.publish.v1.yaml': replacing(
        'checks: { x-within: warn }',
        'maxVersionStep: 10',
      ),
    },
    true,
    [
      /! checks that only warn: was x-within and is none \(breaks G12\.dkkd\)/,
      /! maxVersionStep: was 100 and is 10 \(breaks G12\.dkkd\)/,
    ],
  ],
  [
    'the same fields under another agreement: nobody loses anything',
    { [desk]: replacing('TT-2026-H26-01', 'TT-2026-H26-09') },
    false,
    [/TT-2026-H26-01 of H26\.motcua: removed/, /TT-2026-H26-09 of H26\.motcua: added/],
  ],
  [
    'a field removed from a contract breaks those who saw it, and their subscriptions',
    {
      'schemas/enterprise.schema.json': replacing(/"shortName": \{[^}]*\},/, ''),
      'contracts/services/business.enterprise.lookup.v1.yaml': replacing(/ +shortName: .*\n/, ''),
    },
    true,
    [
      /business\.enterprise\.lookup@1: changed\n {4}! answer \/shortName: is removed \(breaks G12\.thue\)/,
      /business\.changes\.read enterprise: changed\n {4}! answer \/shortName: is removed \(breaks G12\.thue\)/,
      /! published \/shortName: is removed \(breaks G12\.dkkd\)/,
      /G12\.thue → business\.enterprise\.lookup@1.*\n {4}! loses \/shortName/,
    ],
  ],
  [
    'a narrower request breaks all who call',
    {
      'schemas/person-lookup.request.schema.json': replacing(
        '"additionalProperties": false',
        '"required": ["fullName"], "additionalProperties": false',
      ),
      [lookup]: replacing(
        'personalId: "001093824428"\n    response',
        'personalId: "001093824428"\n      fullName: Lê Ngọc Linh\n    response',
      ),
    },
    true,
    [/! request \/fullName: is required now \(breaks G12\.thue, H26\.motcua\)/],
  ],
  [
    'another path',
    { [lookup]: replacing('path: /v1/population/persons/lookup', 'path: /v1/population/persons/find') },
    true,
    [/! path: was \/v1\/population\/persons\/lookup and is \/v1\/population\/persons\/find/],
  ],
  [
    'a smaller body',
    { [lookup]: replacing('bodyLimit: 16KiB', 'bodyLimit: 8KiB') },
    true,
    [/! bodyLimit: was 16384 and is 8192/],
  ],
  [
    'a field more, at a new revision: nobody sees it yet',
    {
      [person]: replacing(
        '"sex":',
        '"title": { "type": "string", "maxLength": 20, "x-sensitivity": "basic", "x-since": 1 },\n    "sex":',
      ),
    },
    false,
    [/population\.person\.lookup@1: changed\n {4}~ answer \/title: is new/],
  ],
];

for (const [name, edits, breaks, reported] of cases) {
  t.test(name, async (t) => {
    const copy = await copyContracts(t, edits);
    const diff = compareCatalogs(before, await loadCatalog(copy));
    const text = renderDiff(diff);
    t.equal(diff.breaks, breaks, text);
    for (const line of reported) t.match(text, line);
  });
}

t.test('the command: human, JSON, exit status', async (t) => {
  const copy = await copyContracts(t, { [desk]: replacing(', /birthDate', '') });
  const lines = t.capture(console, 'log').args;
  const run = async (...args: string[]) => {
    const status = await main(['diff', ...args]);
    return [status, lines().flat().join('\n')] as const;
  };
  const { contractsDir } = packageDirectories;
  t.match(await run(contractsDir, copy.directory), [1, /loses \/birthDate/]);
  t.match(await run(copy.contractsDir, contractsDir), [0, /gains \/birthDate/]);
  t.same(await run(contractsDir, contractsDir), [0, 'no difference']);
  const [status, json] = await run(contractsDir, copy.directory, '--json');
  const diff: CatalogDiff = JSON.parse(json);
  t.match([status, diff], [1, { breaks: true, access: [{ system: 'H26.motcua', loses: ['/birthDate'] }] }]);

  const errors = t.capture(console, 'error').args;
  await copy.edit({ [desk]: replacing('/fullName', '/nickname') });
  t.equal(await main(['diff', contractsDir, copy.directory]), 2);
  t.match(errors().flat().join(), /NEW .*one-stop-desk\.yaml:17: field "\/nickname"/s);
  t.equal(await main(['diff', contractsDir]), 2);
});

t.test('a provider that publishes by another version of the contract is named', async (t) => {
  const publish = 'contracts/services/business.changes.publish.v1.yaml';
  const provider = 'contracts/agreements/G12-dkkd-provider.yaml';
  const directories = await copyContracts(t, {
    [publish]: (text) => text.replace('version: 1', 'version: 2').replace('path: /v1/', 'path: /v2/'),
    [provider]: replacing('publish@1', 'publish@2'),
  });
  const second = await loadCatalog(directories);
  await directories.edit({
    'schemas/enterprise.schema.json': replacing(/"shortName": \{[^}]*\},/, ''),
    'contracts/services/business.enterprise.lookup.v1.yaml': replacing(/ +shortName: .*\n/, ''),
  });
  const reported = renderDiff(compareCatalogs(second, await loadCatalog(directories)));
  t.match(reported, /! published \/shortName: is removed \(breaks G12\.dkkd\)/);
});

t.test('a term that begins before a merger of provinces, or after it, is another scope', async (t) => {
  const scoped = (validFrom: string) =>
    copyContracts(t, {
      [streams]: (text) =>
        text
          .replace('validFrom: 2026-01-01', `validFrom: ${validFrom}`)
          .replace('streams:', 'scope: { provinceCode: ["25"] }\nstreams:'),
    }).then(loadCatalog);
  const [early, late] = [await scoped('2025-06-30'), await scoped('2025-07-01')];
  const rows = 'rows of business.changes.read enterprise: provinceCode in';
  t.ok(renderDiff(compareCatalogs(early, late)).includes(`~ ${rows} 25 → provinceCode in 17, 25, 26`));
  t.ok(renderDiff(compareCatalogs(late, early)).includes(`! ${rows} 17, 25, 26 → provinceCode in 25`));
});
