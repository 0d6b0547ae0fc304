/** Two readers of YAML: the values are js-yaml's, the lines are those of `yaml`. They must read alike. */
import t from 'tap';
import { parseDocument } from 'yaml';
import { readSources } from '../../../../gateway/catalog/live/load.ts';
import { SourceFile } from '../../../../gateway/catalog/read/document.ts';
import { packageDirectories } from '../../../support/contracts.ts';

const byYaml = (text: string) => parseDocument(text, { version: '1.2', uniqueKeys: true }).toJS();

t.test('every file of this package', async (t) => {
  const files = Object.values(await readSources(packageDirectories)).flat();
  t.ok(files.length > 40);
  for (const { file, text, value } of files) t.strictSame(value, byYaml(text), file);
});

t.test('scalars that other versions of YAML read otherwise', (t) => {
  for (const scalar of [
    'yes',
    'no',
    'on',
    'off',
    'y',
    '~',
    'null',
    'Null',
    'NULL',
    'true',
    'True',
    'TRUE',
    'tRue',
    '1',
    '+1',
    '-1',
    '0',
    '007',
    '0o17',
    '0x1F',
    '0b11',
    '1_000',
    '1e3',
    '-.5',
    '.5',
    '1.',
    '.inf',
    '.nan',
    '12:30:45',
    '2026-01-01',
    '2026-01-01T00:00:00Z',
    '"01"',
    "'01'",
    '01',
    '000123456789012',
    '=',
    '<<',
    'a b',
    'a#b',
    "it's",
    '"\\u0041"',
    '>-\n  a\n  b',
    '|\n  a\n',
  ]) {
    const text = `k: ${scalar}`;
    t.strictSame(new SourceFile('x', text).value, byYaml(text), scalar);
  }
  t.end();
});

t.test('an unreadable text is reported with its line', (t) => {
  for (const [name, text, line, message] of [
    ['a list without end', 'a: 1\nb: [\n', 3, /./],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', 3, /unique/],
    ['an alias', 'a: &x 1\nb: *x\n', 2, /alias/i],
    ['nothing', '', 1, /empty/],
    ['two documents', 'a: 1\n---\nb: 2\n', 2, /documents/],
    ['a tab', 'a:\n\tb: 1\n', 2, /tab/i],
    ['too deep', '['.repeat(200), 1, /./],
  ] as const) {
    const file = new SourceFile('x.yaml', text);
    t.equal(file.value, undefined, name);
    t.match(file.findings[0], { file: 'x.yaml', message }, name);
    t.equal(file.findings[0]?.line, line, `${name}: line`);
  }
  t.end();
});

t.test('texts that are not Unicode are reported with their lines, in every notation', (t) => {
  const cases: [name: string, text: string, line: number, message: RegExp][] = [
    ['a NUL', 'a: 1\nb: "x\\0"\n', 2, /^\/b: has a NUL/],
    ['a NUL by its number', 'a:\n  - "\\x00"\n', 2, /^\/a\/0: has a NUL/],
    ['half of a surrogate pair', '{\n"a": {\n"b": "\\ud800" } }', 3, /^\/a\/b: .*surrogate/],
    ['a noncharacter', 'a: 1\nb: "\\uFFFE"\n', 2, /^\/b: .*U\+FFFE/],
    ['a noncharacter of another plane', 'a: "\\U0001FFFE"\n', 1, /^\/a: /],
    ['a noncharacter as it is', 'a: 1\nb: x\ufdd0\n', 2, /^\/b: /],
    ['a name of a member', '"a\\0": 1\n', 1, /^\/a\ufffd: has a NUL/],
  ];
  for (const [name, text, line, message] of cases) {
    const file = new SourceFile('x.yaml', text);
    t.equal(file.value, undefined, name);
    t.match(file.findings, [{ file: 'x.yaml', line, message }], name);
  }
  t.strictSame(new SourceFile('x.yaml', 'a: "\\uD83D\\uDE00 \\\\0 😀"').value, { a: '😀 \\0 😀' });
  t.end();
});

t.test('__proto__ is a key like others', (t) => {
  const value = new SourceFile('x', '__proto__: { polluted: true }').value as object;
  t.strictSame(Object.keys(value), ['__proto__']);
  t.equal(Object.getPrototypeOf(value), Object.prototype);
  t.end();
});
