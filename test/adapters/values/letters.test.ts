import fc from 'fast-check';
import t from 'tap';
import {
  foldName,
  foldText,
  isEnterpriseName,
  isPersonName,
  tidyText,
} from '../../../adapters/values/letters.ts';

/** Spellings of one name, by how the registries compare it. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  'LE DANG': [
    'Lê Đăng',
    'Lê Ðăng',
    'lê ðăng',
    'Lê Ɖăng',
    'lê ɖăng',
    'LE DANG',
    '  Lê \u00a0\t Đăng\n',
    'Ｌê Đăng',
  ],
  'NGUYEN THI DAO': [
    'Nguyễn Thị Đào',
    'Nguyễn Thị Đào'.normalize('NFD'),
    // Tone before the circumflex, as some keyboards write it.
    'Nguye\u0303\u0302n Thị Đào',
    'Nguyễn\u200b Thị\ufeff Đà\u00ado',
    'Nguyễn\u3000Thị\u2003Đào',
    'D\u0335'.replace('D', 'Nguyễn Thị D').concat('ào'),
  ],
  "K'BROI": [
    'K`Broi',
    'K\u1fefBrơi',
    'K｀Brơi',
    'K\u1ffdBrơi',
    "K'Brơi",
    'K’Brơi',
    'K‘Brơi',
    'KʼBrơi',
    'K´Brơi',
    'K`Brơi',
    'K′Brơi',
    'K＇Brơi',
  ],
  "H'HEN NIE": ["H'Hen Niê", 'H’Hen Niê'.normalize('NFD')],
  'Y BIO': ['Y Biŏ', 'Y Ƀiŏ', 'y ƀiŏ', 'Y Ɓiŏ'],
  'VIET-NAM': [
    'Việt-Nam',
    'Việt‑Nam',
    'Việt–Nam',
    'Việt—Nam',
    'Việt−Nam',
    'Việt－Nam',
    'Việt⁻Nam',
    'Việt₋Nam',
  ],
  'STRASSE OEUF IJ': ['Straße Œuf Ĳ', 'STRAẞE œuf ĳ'],
  'ISIK LODZ SORLIE': ['Işık Łódź Sørlie', 'IŞIK ŁÓDŹ SØRLIE'],
  'FI VIII 2': ['ﬁ Ⅷ ²'],
  "A' 'N": ['ẚ ŉ'],
};

/** What nobody can compare: of other scripts, though some look the same, and no letters at all. */
const foreign: readonly string[] = [
  ...[
    'Lê Linh 李明',
    'Лê Linh',
    'Νguyễn',
    'Lê Аn',
    'Ａн',
    'Việt 한',
    'Lê ไทย',
    'Lê नम',
    'عمر',
    'Lê ♥',
    'Lê 😀',
  ],
  ...[
    'Nguyễn\u0645',
    'A\u0363n',
    'þór',
    'ŋ',
    'Lê ٣',
    'Lê \ue000',
    'Lê \ud800',
    'Lê\u0000',
    'Lê\u0007',
    'A\u20dd',
  ],
];

t.test('every spelling of a name is one', async (t) => {
  for (const [folded, texts] of Object.entries(spellings)) {
    for (const text of texts) {
      t.equal(foldText(text), folded, JSON.stringify(text));
      t.equal(foldName(text), folded.replaceAll(/[^A-Z0-9]/g, ''), JSON.stringify(text));
      t.ok(isPersonName(text) && isEnterpriseName(text), JSON.stringify(text));
      t.equal(foldText(tidyText(text)), folded, `${JSON.stringify(text)} as it is sent on`);
    }
  }
});

t.test('a letter that cannot be compared stays, and is refused', async (t) => {
  for (const text of foreign) {
    t.notOk(isPersonName(text), JSON.stringify(text));
    t.notOk(isEnterpriseName(text), JSON.stringify(text));
  }
  t.not(foldName('Lê Linh 李明'), foldName('Lê Linh'));
  t.not(foldName('Lê Аn'), foldName('Lê n'));
});

t.test('characters that names of persons and of enterprises may hold beside letters', async (t) => {
  for (const text of ["Lê-Anh O'Neil, Jr.", 'A', 'Sai Tên 2']) t.ok(isPersonName(text), text);
  for (const text of ['', ' ', '.', "'", '123', 'A & B', 'Lê (An)', 'a/b', 'a_b', '<a>'])
    t.notOk(isPersonName(text), text);
  for (const text of ['A&B', '3A', '"MẪU" & (THỬ)', '“Mẫu”', 'C.P. +1']) t.ok(isEnterpriseName(text), text);
  for (const text of ['', 'A', ' A ', '  ', '&&', 'A\u200b'])
    t.notOk(isEnterpriseName(text), JSON.stringify(text));
});

t.test('a text is sent on in Vietnamese as it is written', async (t) => {
  t.equal(tidyText('  công  ty\u00a0Ðại “Dương”–'.normalize('NFD')), 'công ty Đại "Dương"-');
  t.equal(tidyText('ðại dương'), 'đại dương');
  t.equal(tidyText('Công ty A & B'), 'Công ty A & B');
});

/** Nothing folds what has no meaning: code points that are not assigned, or private. */
const UNASSIGNED = /[\p{Cn}\p{Co}]/u;

const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom(...'aĂâĐðƀ’ ớ李Аß\u200b\u00a0-&ﬁ'), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

/** Are the forms of a text, and what was folded or tidied once, folded and tidied to the same? */
function isStable(text: string): boolean {
  const [folded, tidied] = [foldText(text), tidyText(text)];
  const forms = [text.normalize('NFD'), text.normalize('NFC')];
  return (
    [...forms, tidied, folded].every((one) => foldText(one) === folded) &&
    [...forms, tidied].every((one) => tidyText(one) === tidied)
  );
}

t.test('composed and decomposed, and folded again, are the same', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(texts, isStable), { numRuns: 2_000 }));
});

t.test('so it is for every character by itself, and in a word', async (t) => {
  const unstable: string[] = [];
  for (let point = 0; point <= 0x10ffff; point++) {
    const text = `a${String.fromCodePoint(point)}b`;
    if (UNASSIGNED.test(text) || (isStable(text) && isStable(text.slice(1, -1)))) continue;
    unstable.push(point.toString(16));
  }
  t.strictSame(unstable, []);
});

t.test('no letter and no digit is ever dropped', async (t) => {
  // Some apostrophes are letters by their category.
  const count = (text: string) => text.match(/(?![ʹʻʼʽʾʿˈꞋꞌ])[\p{L}\p{N}]/gu)?.length ?? 0;
  // Halves and fractions come apart into more digits, never into fewer.
  const property = fc.property(
    texts,
    (text) => count(foldName(text)) >= count(text.normalize('NFC').normalize('NFKC')),
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }));
});

t.test('every character that passes is of the registries’ alphabet', async (t) => {
  const property = fc.property(texts, (text) => !isPersonName(text) || /^[A-Z0-9]+$/.test(foldName(text)));
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }));
});
