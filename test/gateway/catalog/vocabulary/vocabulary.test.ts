import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { normaliseAgencyCode } from '../../../../gateway/catalog/formats/agency-code.ts';
import { isEnterpriseCode } from '../../../../gateway/catalog/formats/enterprise-codes.ts';
import {
  isPersonalId,
  personalIdAgrees,
  readPersonalId,
} from '../../../../gateway/catalog/formats/person-numbers.ts';
import { addFormats, formats } from '../../../../gateway/catalog/vocabulary/vocabulary.ts';

const now = new Date(Date.now() + 7 * 3_600_000).getUTCFullYear();
const vietnamese = (days: number) =>
  new Date(Date.now() + 7 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
const [today, tomorrow] = [vietnamese(0), vietnamese(1)];
const nextYear = String((now + 1) % 100).padStart(2, '0');

const cases: Readonly<Record<string, { good: readonly string[]; bad: readonly string[] }>> = {
  'personal-id': {
    good: [
      ...['001090000001', '001190000019', '096199999999', '017200000001', '001300123456', '062054000000'],
      // Birth registered abroad.
      ...['136190000019', '286200000002', '101090000001'],
    ],
    bad: [
      '',
      '00109000000',
      '0010900000011',
      // No such province, ever.
      '003090000001',
      '097090000001',
      '000090000001',
      '100090000001',
      // Born next year, and in the next century.
      `0012${nextYear}000001`,
      '001490000001',
      '001900000001',
      '00109000000a',
      '001090 00001',
      '٠٠١٠٩٠٠٠٠٠٠١',
      '001090000001\n',
    ],
  },
  'identity-card': { good: ['012345678'], bad: ['', '12345678', '0123456789', '01234567x'] },
  'enterprise-code': {
    good: ['0100109106', '0300588569', '0100109106-001', '0100109106-999'],
    bad: [
      '',
      '0100109107',
      '010010910',
      '01001091060',
      '0100109106-000',
      '0100109106-1',
      '0100109106-0001',
      '0100109106_001',
      '0100109106-00a',
      // The sequence is zero, though the check digit is right.
      '0100000003',
      // Σ mod 11 is 0: no check digit fits.
      '0100000170',
      'O100109106',
      ' 0100109106',
    ],
  },
  'tax-code': {
    good: ['0100109106', '0100109106-001', '001090000001', '286200000002'],
    bad: [
      '',
      '0100109107',
      '001090000001-001',
      '003090000001',
      '00109000000',
      '001490000001',
      '0010900000010',
    ],
  },
  'province-code': { good: ['01', '96', '79'], bad: ['', '1', '02', '17', '001', '00', '97', '0a'] },
  'historic-province-code': { good: ['01', '02', '17', '96'], bad: ['', '03', '97', '1'] },
  'commune-code': { good: ['00004', '32002'], bad: ['', '4', '000004', '0000a'] },
  'agency-code': {
    good: ['G12', 'H26', 'H29.01.02', 'G01.A1B.02', '000.00.00.G22'],
    bad: [
      '',
      'g12',
      'G1',
      'G123',
      'H29.',
      'H29.1',
      'H29.1234',
      'H29..01',
      'H29.a1',
      '000.00.00.',
      '001.00.00.G22',
      `H29${'.001'.repeat(9)}`,
    ],
  },
  'certificate-number': {
    good: [
      ...[
        'AM 143443',
        'AA 01695788',
        'Đ 645343',
        'ĐA 645343',
        'B 143443',
        'AM143443',
        'am 143443',
        'đ645343',
      ],
      ...['BB 1434433', '10109012345', '143443'],
    ],
    bad: [
      '',
      'ABC 143443',
      'AM 14344',
      'AM 143443344',
      ' 143443',
      'AM 14344x',
      'AM  143443',
      'ß 143443',
      'AM',
      '1',
    ],
  },
  'cadastral-number': {
    good: [
      '12',
      '12-Đ',
      'DC 5',
      '(1)',
      '01.2',
      '105a',
      'Đ',
      'ô 7',
      '1+2',
      '12_3',
      '10-728 500-3-(14)',
      ...['[12]', '12 [a]', 'Ê', 'Đ'],
    ],
    bad: [
      '',
      ' ',
      '.',
      '..',
      '-',
      '12/1',
      ' 12',
      '12 ',
      '12\n',
      '12\u0000',
      '123456789',
      '001190000019',
      '001093-824428',
      '0010 9382 4428',
      '００１０９３８２４４２８',
      '٣',
      'a'.repeat(21),
      '12?',
      '12#',
      '%31',
      '(-)',
      '1\\2',
      // Seen as `77`: a variation selector, a joiner, fillers of other scripts, all of them letters or marks.
      ...['77\ufe0f', '77\u034f', '7\u115f7', '77\u3164', '77\u180b', '77\u{e0100}'],
      ...['Ê'.normalize('NFD'), '[-]', '001190[000019]', '[', '[]'],
    ],
  },
  'birth-date': {
    good: ['1945', '2000-02-29', '1990-12-31', String(now), today],
    bad: [
      '',
      '45',
      '1799',
      '9999',
      '9999-12-31',
      String(now + 1),
      tomorrow,
      '1990-13-01',
      '1990-02-29',
      '1900-02-29',
      '1990-00-10',
      '1990-04-31',
      '1990-1-1',
      '19900101',
      '1990-01-01T00:00:00Z',
      '0001-01-01',
    ],
  },
  // More of them: test/adapters/values/letters.test.ts.
  'person-name': {
    good: ['Lê Ðăng', "H'Hen Niê", 'K’Brơi', 'Suối', 'Nguyễn Thị Thu Hà'.normalize('NFD')],
    bad: ['', '.', '12', 'Lê Linh 李明', 'Лê Linh', 'Lê (Linh)'],
  },
  'not-blank': {
    good: ['A', ' A', '.'],
    bad: ['', ' ', '   ', '\u00a0\t\n\u3000', '\u200b', '\u3164', '\ufe0f', '\u2800'],
  },
  'enterprise-name': {
    good: ['mẫu & thử', '3A', 'CTY  TNHH\u00a0MTV', '0109000015', '1900 1234', 'số 1-2-3'],
    bad: [
      ...['', 'a', ' a ', '&&', 'mẫu 李'],
      // A household business is searched for by its tax code: the number of a person, in an address.
      ...['001093824428', 'hộ kinh doanh 0010 9382 4428', '００１０９３８２４４２８', '012.345.678'],
    ],
  },
};

t.strictSame(Object.keys(cases).sort(), Object.keys(formats).sort(), 'every format has cases');

for (const [name, { good, bad }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    for (const text of good) t.ok(formats[name]!(text), JSON.stringify(text));
    for (const text of bad) t.notOk(formats[name]!(text), JSON.stringify(text));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => typeof formats[name]!(text) === 'boolean'),
    );
  });
}

t.test('an enterprise code with one wrong digit is found out', async (t) => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 9, maxLength: 9 });
  const weights = [31, 29, 23, 19, 17, 13, 7, 5, 3];
  const property = fc.property(digits, fc.nat(8), fc.integer({ min: 1, max: 9 }), (nine, at, shift) => {
    const check = 10 - (nine.reduce((sum, digit, index) => sum + digit * weights[index]!, 0) % 11);
    const code = [...nine, check].join('');
    const valid = check !== 10 && nine.slice(2).some((digit) => digit !== 0);
    const wrong = [...nine];
    wrong[at] = (nine[at]! + shift) % 10;
    const found = !isEnterpriseCode([...wrong, check].join(''));
    return isEnterpriseCode(code) === valid && (found || !valid);
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('a personal number says century, sex and year', async (t) => {
  t.strictSame(readPersonalId('001090000001'), { year: 1990, sex: 'male' });
  t.strictSame(readPersonalId('001190000001'), { year: 1990, sex: 'female' });
  t.strictSame(readPersonalId('001205000001'), { year: 2005, sex: 'male' });
  t.strictSame(readPersonalId('001305000001'), { year: 2005, sex: 'female' });
  t.ok(isPersonalId(`0012${String(now % 100).padStart(2, '0')}000001`), 'born this year');
});

t.test('personalIdAgrees', async (t) => {
  const personalId = '001190000019';
  const agrees = [
    { personalId, sex: 'female', birthDate: '1990-05-17' },
    { personalId, sex: 'female', birthDate: '1990' },
    { personalId, sex: 'unknown', birthDate: '1990' },
    { personalId },
    // Not for this check to judge.
    { personalId: 'x', sex: 'male' },
    { personalId, birthDate: 'x' },
    { personalId, birthDate: '9999-05-17' },
    {},
  ];
  for (const person of agrees) t.ok(personalIdAgrees(person), JSON.stringify(person));
  const disagrees = [
    { personalId, sex: 'male' },
    { personalId, birthDate: '1991' },
    { personalId, birthDate: '1890-05-17' },
    { personalId, sex: 'female', birthDate: '1890-05-17' },
  ];
  for (const person of disagrees) t.notOk(personalIdAgrees(person), JSON.stringify(person));
});

t.test('normaliseAgencyCode', async (t) => {
  t.equal(normaliseAgencyCode('000.00.00.G22'), 'G22');
  t.equal(normaliseAgencyCode('H29.01.02'), 'H29.01.02');
});

t.test('addFormats teaches a strict Ajv', async (t) => {
  const ajv = new Ajv2020({ strict: true });
  addFormats(ajv);
  const validate = ajv.compile({
    type: 'object',
    'x-personal-id-agrees': true,
    properties: {
      personalId: { type: 'string', format: 'personal-id', 'x-sensitivity': 'basic', 'x-subject': 'person' },
      sex: { type: 'string', 'x-since': 2, 'x-criterion': '/sex' },
      at: { type: 'string', format: 'date-time', 'x-leaf': true, 'x-scope': 'provinceCode' },
    },
  });
  t.ok(validate({ personalId: '001190000019', sex: 'female', at: '2026-01-02T03:04:05+07:00' }));
  t.notOk(validate({ at: '2026-02-30T03:04:05Z' }), 'no such day');
  t.notOk(validate({ at: '2026-01-02 03:04:05' }), 'no time zone');
  t.notOk(validate({ personalId: '001190000019', sex: 'male' }));
  t.match(validate.errors, [{ keyword: 'x-personal-id-agrees', instancePath: '' }]);
  t.notMatch(JSON.stringify(validate.errors), '001190000019', 'the number is not in the error');
  for (const wrong of [
    { 'x-sensitivity': 'secret' },
    { 'x-subject': 'enterprise' },
    { 'x-leaf': false },
    { 'x-since': 0 },
    { 'x-criterion': 'sex' },
    { 'x-personal-id-agrees': false },
    { 'x-sensitvity': 'basic' },
  ]) {
    t.throws(() => ajv.compile({ type: 'object', ...wrong }), JSON.stringify(wrong));
  }
});
