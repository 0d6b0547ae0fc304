/** Translations of schemas' texts: a fault is reported with its file, and sound texts are taken. */
import t from 'tap';
import { compileTranslations } from '../../../../gateway/catalog/compile/translations.ts';
import { type Finding, SourceFile } from '../../../../gateway/catalog/read/document.ts';

function compiled(...texts: readonly string[]) {
  const findings: Finding[] = [];
  const files = texts.map((text, index) => new SourceFile(`schemas/vietnamese/${index}.json`, text));
  const translations = compileTranslations(files, (finding) => findings.push(finding));
  return { translations, findings: findings.map(({ file, message }) => `${file}: ${message}`) };
}

t.test('texts of several files are taken together', async (t) => {
  t.same(compiled('{ "Name": "Tên" }', '{ "Year": "Năm", "Name": "Tên" }'), {
    translations: { Name: 'Tên', Year: 'Năm' },
    findings: [],
  });
});

t.test('faults', async (t) => {
  for (const text of [
    '[]',
    '"x"',
    'null',
    '{ "Name": 5 }',
    '{ "Name": "" }',
    '{ "Name": { "vi": "Tên" } }',
  ]) {
    t.match(compiled(text).findings, [/^schemas\/vietnamese\/0\.json: must be an object of texts/], text);
  }
  t.match(compiled('{ "Name": "Tên"').findings, [/^schemas\/vietnamese\/0\.json: /], 'no JSON');
  t.match(compiled('{ "Name": "Tên" }', '{ "Name": "Họ tên" }').findings, [
    /^schemas\/vietnamese\/1\.json: has another translation than a file before it: Name$/,
  ]);
});
