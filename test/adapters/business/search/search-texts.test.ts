import fc from 'fast-check';
import t from 'tap';
import { COMPOUNDS, WORDS } from '../../../../adapters/business/search/abbreviations.ts';
import { searchTexts } from '../../../../adapters/business/search/search-texts.ts';
import { foldText } from '../../../../adapters/values/letters.ts';

/** What a registry that finds parts of names, without accents, finds of `names`, once for each time it is found. */
function found(query: string, names: readonly string[]): string[] {
  const { texts, accepts = () => true } = searchTexts(query);
  return texts.flatMap((text, index) =>
    names.filter((name) => foldText(name).includes(foldText(text)) && accepts(name, index)),
  );
}

t.test('a query without an abbreviation is asked for as it is', async (t) => {
  for (const query of ['an bình', 'mẫu & thử', 'Hà và Nội', '3A']) {
    t.match(searchTexts(query), { texts: [query], accepts: undefined }, query);
  }
  t.match(searchTexts('  an\u00a0 bình '), { texts: ['an bình'], accepts: undefined });
  t.match(searchTexts(''), { texts: [''], accepts: undefined });
});

t.test('in abbreviations or in full, each finds the other', async (t) => {
  const same: readonly (readonly string[])[] = [
    [
      'CÔNG TY TRÁCH NHIỆM HỮU HẠN MỘT THÀNH VIÊN XÂY DỰNG AN BÌNH',
      'CÔNG TY TNHH MỘT THÀNH VIÊN XÂY DỰNG AN BÌNH',
      'CÔNG TY TNHH MTV XD AN BÌNH',
      'CTY TNHH MTV XÂY DỰNG AN BÌNH',
      'CTY. TNHH 1TV XD AN BÌNH',
      'cty tnhh 1 thành viên xd an bình',
    ],
    ['CÔNG TY CỔ PHẦN ĐẦU TƯ XÂY DỰNG HÀ', 'CTCP ĐTXD HÀ', 'CTY CP ĐT XD HÀ', 'ctcp dau tu xd ha'],
    [
      'DNTN TM & DV SAO',
      'DOANH NGHIỆP TƯ NHÂN THƯƠNG MẠI VÀ DỊCH VỤ SAO',
      'DNTN TM&DV SAO',
      'DNTN TM và DV Sao',
    ],
    ['HTX SX VLXD PHÚ', 'HỢP TÁC XÃ SẢN XUẤT VẬT LIỆU XÂY DỰNG PHÚ', 'HTX SX VẬT LIỆU XD PHÚ'],
    ['CÔNG TY TNHH XNK LỘC', 'CÔNG TY TNHH XUẤT NHẬP KHẨU LỘC'],
  ];
  const names = same.flat();
  for (const group of same) {
    for (const query of group) t.strictSame(found(query, names).sort(), [...group].sort(), query);
  }
  t.same(found('xd an bình', names).length, 6);
  t.same(found('xây dựng an bì', names).length, 6);
});

t.test('abbreviations with dots', async (t) => {
  const names = ['CÔNG TY CỔ PHẦN NAM GIA', 'CTY CP NAM GIA', 'CTCP NAM GIA', 'CÔNG TY TNHH NAM GIA'];
  for (const query of ['C.TY CP NAM GIA', 'c.ty c.p. nam gia', 'C.T.C.P NAM GIA']) {
    t.strictSame(found(query, names).sort(), names.slice(0, 3).sort(), query);
  }
  t.strictSame(found('c.ty t.n.h.h nam', names), ['CÔNG TY TNHH NAM GIA']);
  t.match(
    searchTexts('A.B 1.000'),
    { texts: ['A.B 1.000'], accepts: undefined },
    'others stay what they are',
  );
});

t.test('a name as it is registered finds itself, in however many ways it could be written', async (t) => {
  for (const name of [
    'CÔNG TY T.N.H.H XÂY DỰNG NAM GIA',
    'C.TY CỔ PHẦN ĐẦU TƯ XD & DV C.P. SAO',
    'DNTN TM-DV T.N.H.H - SẢN XUẤT VLXD AN',
  ]) {
    t.strictSame(found(name, [name]), [name], name);
    t.ok(searchTexts(name).texts.length <= 5, name);
  }
});

t.test('hyphens between words', async (t) => {
  const names = [
    'CÔNG TY CỔ PHẦN LOGISTICS NAM GIA THỊNH',
    'CTCP LOGISTICS NAM-GIA-THỊNH',
    'CÔNG TY TNHH TM-DV VIỆT-MỸ',
    'CÔNG TY TNHH THƯƠNG MẠI - DỊCH VỤ VIỆT MỸ',
    'CÔNG TY TNHH VIỆT',
  ];
  const expected: readonly (readonly [query: string, names: readonly string[]])[] = [
    ['logistics-nam-gia-thinh', [names[0]!]],
    ['nam-gia-thinh', names.slice(0, 2)],
    ['cong-ty-co-phan-logistics-nam-gia-thinh', [names[0]!]],
    ['ctcp-logistics', names.slice(0, 2)],
    ['việt-mỹ', names.slice(2, 4)],
    ['việt–mỹ', names.slice(2, 4)],
    ['CTY TNHH TM-DV VIỆT-MỸ', [names[2]!]],
    ['tm-dv việt-mỹ', [names[2]!]],
    ['-', names.slice(1, 4)],
  ];
  for (const [query, held] of expected) {
    t.strictSame(found(query, names).sort(), [...held].sort(), query);
    t.ok(searchTexts(query).texts.length <= 5, query);
  }
});

t.test('texts that only look like one are none', async (t) => {
  const names = ['CÔNG TY TNHH TMX', 'CÔNG TY CP CN HÀ', 'CÔNG TY CỔ PHẦN CÔNG NGHỆ HÀ'];
  t.strictSame(found('cn hà', names), ['CÔNG TY CP CN HÀ']);
  t.strictSame(found('cổ phần công nghệ', names), ['CÔNG TY CỔ PHẦN CÔNG NGHỆ HÀ']);
  t.strictSame(found('tmx', names), ['CÔNG TY TNHH TMX']);
});

t.test('for every text: few questions, nothing twice, and all other spellings', async (t) => {
  const full = Object.keys(WORDS);
  const word = fc.oneof(
    fc
      .constantFrom(...full)
      .chain((one) => fc.constantFrom(one, ...WORDS[one]!).map((written) => [one, written] as const)),
    fc
      .constantFrom(...Object.entries(COMPOUNDS))
      .map(([written, words]) => [words.join(' '), written] as const),
    fc.constantFrom('AN', 'BÌNH', 'HÀ', 'MINH', 'ĐẠT', 'VIỆT-MỸ').map((own) => [own, own] as const),
  );
  const property = fc.property(fc.array(word, { minLength: 1, maxLength: 9 }), (words) => {
    const written = words.map(([, as]) => as).join(' ');
    const inFull = words.map(([as]) => as).join(' ');
    const names = [...new Set([`CHI NHÁNH ${written} I`, `CHI NHÁNH ${inFull} I`])];
    return [written, inFull, written.toLowerCase()].every(
      (query) =>
        searchTexts(query).texts.length <= 5 &&
        JSON.stringify(found(query, names).sort()) === JSON.stringify(names.sort()),
    );
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});
