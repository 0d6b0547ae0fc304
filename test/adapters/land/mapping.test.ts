import t from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import { readParcel } from '../../../adapters/land/mapping.ts';
import { record } from './fixture.ts';

const ownersOf = (...chuSuDung: object[]) => readParcel({ ...record, chuSuDung }, '01').owners;
const certificateOf = (soPhatHanh: unknown) =>
  readParcel({ ...record, DC_GiayChungNhan: [{ soPhatHanh }] }, '01').certificates?.[0]?.certificateNumber;

t.test('users of land, of every kind that the land database has', async (t) => {
  const types = {
    CA_NHAN: 'person',
    HO_GIA_DINH: 'household',
    VO_CHONG: 'couple',
    NHOM_NGUOI: 'group',
    CONG_DONG: 'community',
    TO_CHUC: 'organization',
  };
  for (const [loai, type] of Object.entries(types)) t.match(ownersOf({ loai, ten: 'A' }), [{ type }], loai);
  t.throws(() => ownersOf({ loai: 'KHAC', ten: 'A' }), UpstreamError);
});

t.test('the papers of an owner', async (t) => {
  const owner = { loai: 'CA_NHAN', ten: 'Lê Văn Thử' };
  const read = { type: 'person', fullName: 'Lê Văn Thử' };
  const cases: readonly (readonly [papers: object, fields: object])[] = [
    [{ soDinhDanh: '001190000019' }, { personalId: '001190000019' }],
    [{ soCMND: '012345678' }, { identityCardNumber: '012345678' }],
    [{ soDinhDanh: '012345678' }, { identityCardNumber: '012345678' }],
    [
      { soDinhDanh: '001190000019', soCMND: '012345678' },
      { personalId: '001190000019', identityCardNumber: '012345678' },
    ],
    [{ soDinhDanh: '012345678', soCMND: '' }, { identityCardNumber: '012345678' }],
    [
      { soHoChieu: 'C1234567', quocTich: 'US' },
      { passportNumber: 'C1234567', nationality: 'US' },
    ],
    // What is neither is for the contract to refuse.
    [{ soDinhDanh: '12345' }, { personalId: '12345' }],
    [{}, {}],
  ];
  for (const [papers, fields] of cases)
    t.strictSame(ownersOf({ ...owner, ...papers }), [{ ...read, ...fields }], JSON.stringify(papers));
});

t.test('certificate numbers have one form, however a registry writes them', async (t) => {
  const numbers = {
    'AM 143443': 'AM 143443',
    AM143443: 'AM 143443',
    'am  143443': 'AM 143443',
    'đ 645343': 'Đ 645343',
    // Ð is another letter (U+00D0), which old keyboards put in the place of Đ.
    Ð645343: 'Đ 645343',
    'aa 01695788': 'AA 01695788',
    '10109012345': '10109012345',
    'QSDĐ/0123': 'QSDĐ/0123',
  };
  for (const [written, read] of Object.entries(numbers)) t.equal(certificateOf(written), read, written);
});

t.test(
  'map sheets and parcel numbers have their accents composed and nothing unseen, however a registry writes them',
  async (t) => {
    const land = { ...record.DC_ThuaDat, soHieuToBanDo: 'E\u034f\u0302 7', soThuTuThua: '[12]\ufe0f' };
    t.match(readParcel({ ...record, DC_ThuaDat: land }, '01'), {
      mapSheet: '\u00ca 7',
      parcelNumber: '[12]',
    });
  },
);
