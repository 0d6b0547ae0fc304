/** The effects of a catalogue's change on the subscribers of a registry's changes, as `diff` reports them. */
import t from 'tap';
import { compareCatalogs, renderDiff } from '../../../../gateway/catalog/diff/diff.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { typeOf } from '../../../../gateway/changes/render/event.ts';
import { copyContracts, type Edits, packageDirectories } from '../../../support/contracts.ts';

const before = await loadCatalog(packageDirectories);

const streams = 'contracts/agreements/G12-thue-tax-streams.yaml';
const publish = 'contracts/services/business.changes.publish.v1.yaml';
const enterprise = 'schemas/enterprise.schema.json';
const lookup = 'contracts/services/business.enterprise.lookup.v1.yaml';

const replacing = (what: string | RegExp, by: string) => (text: string) => text.replace(what, by);
const inProperty = (name: string, what: string | RegExp, by: string) => (text: string) =>
  text.replace(new RegExp(`"${name}": \\{[^}]*\\}`), (property) => property.replace(what, by));

const whom =
  'G12.thue → business.changes.read enterprise by TT-2026-G12-02, topics lienthong.business.enterprise.TT-2026-G12-02.g*';
const generation = '~ a new generation begins: another topic, and cursors of the feed end';

/** name, edits, the reported effects on the tax office's copy of the enterprises */
const cases: [string, Edits, (string | RegExp)[]][] = [
  [
    'a field is gone',
    { [enterprise]: replacing(/"shortName": \{[^}]*\},/, ''), [lookup]: replacing(/ +shortName: .*\n/, '') },
    ['! /shortName: is removed', generation],
  ],
  [
    'a field has another type',
    { [enterprise]: inProperty('numberOfChanges', '"type": "integer"', '"type": ["integer", "null"]') },
    ['! /numberOfChanges: type was integer and is integer or null'],
  ],
  [
    'a field is narrower: no subscriber receives a value that its provider may not publish',
    { [enterprise]: inProperty('shortName', /"maxLength": \d+/, '"maxLength": 20') },
    [
      /^! \/shortName: maxLength was \d+ and is 20; a record that does not fit is not delivered$/ as unknown as string,
    ],
  ],
  [
    'a field is wider',
    { [enterprise]: inProperty('shortName', /"maxLength": \d+/, '"maxLength": 9000') },
    [/^~ \/shortName: maxLength was \d+ and is 9000$/],
  ],
  [
    'a field is new, at a new revision',
    {
      [enterprise]: replacing(
        '"shortName":',
        '"website": { "type": "string", "maxLength": 200, "x-sensitivity": "public", "x-since": 1 },\n    "shortName":',
      ),
    },
    [],
  ],
  [
    'its events have another version',
    { [publish]: replacing('subject: "{enterpriseCode}" }', 'subject: "{enterpriseCode}", version: 2 }') },
    ['! the type of its events was v1 and is v2', generation],
  ],
  [
    'fewer fields',
    {
      [streams]: replacing('entity: enterprise\n    fields: [""]', 'entity: enterprise\n    fields: [/name]'),
    },
    [generation],
  ],
  [
    'other rows',
    { [streams]: replacing('streams:', 'scope: { provinceCode: ["01"] }\nstreams:') },
    [generation],
  ],
  [
    'no longer granted',
    { [streams]: replacing(/ {2}- stream: business\.changes\.read\n.*\n.*\n/, '') },
    ['! is no longer granted: nothing more is delivered, topics are deleted'],
  ],
];

for (const [name, edits, reported] of cases) {
  t.test(name, async (t) => {
    const diff = compareCatalogs(before, await loadCatalog(await copyContracts(t, edits)));
    const text = renderDiff(diff);
    const lines = text.split('\n');
    const at = lines.indexOf(`  ${whom}`);
    const effects =
      at < 0
        ? []
        : lines.slice(
            at + 1,
            lines.findIndex((line, i) => i > at && !line.startsWith('    ')),
          );
    t.match(
      effects.map((line) => line.trim()),
      reported,
      text,
    );
    t.equal(effects.length, reported.length, text);
    if (reported.some((line) => String(line).includes('!'))) t.ok(diff.breaks, 'and it breaks');
  });
}

t.test('an entity, and a stream, that is removed', async (t) => {
  const withoutProvider = {
    [publish]: (text: string) =>
      text.replace(/^ {2}enterprise: /m, '  branch: ').replaceAll('- entity: enterprise', '- entity: branch'),
    [streams]: replacing(/ {2}- stream: business\.changes\.read\n.*\n.*\n/, ''),
  };
  const renamed = compareCatalogs(before, await loadCatalog(await copyContracts(t, withoutProvider)));
  t.match(
    renderDiff(renamed),
    `  ${whom}\n    ! the entity is removed: nothing more is delivered, topics are deleted`,
  );
  t.match(renamed.contracts, [
    { contract: 'business.changes.read branch', change: 'added' },
    {
      contract: 'business.changes.read enterprise',
      change: 'removed',
      details: [{ breaks: true, affects: ['G12.thue'] }],
    },
  ]);
  t.ok(renamed.breaks);
});

t.test('the version stands in the type of the events', async (t) => {
  const edit = replacing('subject: "{enterpriseCode}" }', 'subject: "{enterpriseCode}", version: 2 }');
  const after = await loadCatalog(await copyContracts(t, { [publish]: edit }));
  const [old, now] = [before, after].map(
    ({ streams }) => streams.get('business.changes.read')!.entities.get('enterprise')!,
  );
  t.equal(typeOf(old!, 'updated'), 'vn.lienthong.business.enterprise.updated.v1');
  t.equal(typeOf(now!, 'updated'), 'vn.lienthong.business.enterprise.updated.v2');
});
