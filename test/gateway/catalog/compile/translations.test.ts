/** Translations of schemas' texts: a fault is reported with its file, and sound texts are taken. */
import t from 'tap';
import { compileTranslations } from '../../../../gateway/catalog/compile/translations.ts';
import { type Finding, SourceFile } from '../../../../gateway/catalog/read/document.ts';

function compiled(...texts: readonly string[]) {
  const findings: Finding[] = [];
  const files = texts.map((text, index) => new SourceFile(`schemas/vietnamese/${index}.json`, text));
  const translations = compileTranslations(files, (finding) => findings.push(finding));
  return { translations, findings: findings.map(({ file, line, message }) => `${file}:${line}: ${message}`) };
}

t.test('texts of several files are taken together', async (t) => {
  t.same(compiled('{ "Name": "Tên" }', '{ "Year": "Năm", "Name": "Tên" }'), {
    translations: new Map([
      ['Name', 'Tên'],
      ['Year', 'Năm'],
    ]),
    findings: [],
  });
});

t.test('a text may have the name of a member that every object has', async (t) => {
  t.same(compiled('{ "constructor": "hàm tạo" }'), {
    translations: new Map([['constructor', 'hàm tạo']]),
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
    t.match(compiled(text).findings, [/^schemas\/vietnamese\/0\.json:1: must be an object of texts/], text);
  }
  t.match(compiled('{ "Name": "Tên"').findings, [/^schemas\/vietnamese\/0\.json:1: /], 'no JSON');
  t.match(compiled('{ "Name": "Tên" }', '{\n "Name": "Họ tên" }').findings, [
    /^schemas\/vietnamese\/1\.json:2: a file before it has another translation of this text$/,
  ]);
});
