import { createPopulationAdapter } from '../../../adapters/population/adapter.ts';
import { testWrite } from '../../conformance/write.ts';
import { COLLECTION, envelope, fault, lookupAnswer, person, personXml } from './fixture.ts';

const answer = (operation: string, ...content: string[]) => ({
  body: envelope(
    `<q:${operation}Response xmlns:q="http://dancuquocgia.bca"><KetQua xmlns="http://dancuquocgia.bca">${content.join('')}</KetQua></q:${operation}Response>`,
  ),
});
const REGISTER = 'DangKyThuongTru';
const RESULT = 'TraCuuKetQuaYeuCau';
const asked = (id: string) => `<MaYeuCau>${id}</MaYeuCau>`;
const applied = (id: string, xml = personXml, more = '<PhienBan>4</PhienBan>') =>
  `${asked(id)}<TrangThai>DA_GHI_NHAN</TrangThai><ThoiDiem>2026-11-24T09:15:00.000Z</ThoiDiem>${more}` +
  '<TruongThayDoi><Ten>ThuongTru</Ten><Ten>ChuHo</Ten></TruongThayDoi>' +
  `<CongdanCollection xmlns="${COLLECTION}">${xml}</CongdanCollection>`;
const rejected = (id: string, reason: string) =>
  `${asked(id)}<TrangThai>TU_CHOI</TrangThai><MaLyDo>${reason}</MaLyDo>`;
/** The same content, whichever operation is asked. */
const both = (content: string) => answer(REGISTER, content).body;

testWrite({
  registry: 'population',
  service: 'population.residence.register',
  request: {
    personalId: person.personalId,
    permanentResidence: { provinceCode: '01', communeCode: '00004', detail: 'Số 12 & 14 phố "Thử"' },
  },
  deduplicates: true,
  create: (url, options) =>
    createPopulationAdapter(
      { url: `${url}/soap`, user: 'u', secret: 's', apiKey: 'k', roadClient: 'c' },
      options,
    ),
  applied: (id) => answer(REGISTER, applied(id)),
  outcome: {
    data: person,
    version: 4,
    operation: 'updated',
    changedFields: ['/permanentResidence', '/headOfHousehold'],
    occurredAt: '2026-11-24T09:15:00.000Z',
  },
  rejected: (id) => ({
    no_such_record: answer(REGISTER, rejected(id, 'KHONG_CO_CONG_DAN')),
    place_invalid: answer(REGISTER, rejected(id, 'NOI_THUONG_TRU_KHONG_HOP_LE')),
    already_so: answer(REGISTER, rejected(id, 'DA_THUONG_TRU_TAI_DAY')),
    request_rejected: answer(REGISTER, rejected(id, 'MOT_LY_DO_KHAC')),
  }),
  refused: { status: 500, body: fault('005') },
  answers: (id) => ({
    applied: answer(RESULT, applied(id)),
    rejected: answer(RESULT, rejected(id, 'KHONG_CO_CONG_DAN')),
    unseen: answer(RESULT, `${asked(id)}<TrangThai>KHONG_CO</TrangThai>`),
  }),
  places: {
    inside: {
      reply: { body: lookupAnswer(personXml) },
      within: { provinceCode: ['48', '01'] },
      isWithin: true,
    },
    outside: { reply: { body: lookupAnswer(personXml) }, within: { provinceCode: ['79'] }, isWithin: false },
    'inside, and broken': {
      reply: { body: lookupAnswer(personXml.replace('<GioiTinh>2', '<GioiTinh>9')) },
      within: { provinceCode: ['01'] },
      isWithin: true,
    },
    'nobody knows where': {
      reply: { body: lookupAnswer(personXml.replaceAll('<MaTinhThanh>01</MaTinhThanh>', '')) },
      within: { provinceCode: ['01'] },
      isWithin: false,
    },
    'somebody else': {
      reply: { body: lookupAnswer(personXml.replace('001190000019', '001190000027')) },
      within: { provinceCode: ['01'] },
      isWithin: false,
    },
    'not there': { reply: { body: lookupAnswer() }, within: { provinceCode: ['01'] }, isWithin: false },
    'in a scope of another kind': {
      reply: { body: lookupAnswer(personXml) },
      within: { provinceCode: ['01'], another: ['x'] },
      isWithin: false,
    },
  },
  changes: ({ body }) => body.includes(`<${REGISTER} `),
  wrong: (id) => ({
    'the result of another request': { body: both(applied('another')) },
    'another person': { body: both(applied(id, personXml.replace('001190000019', '001190000027'))) },
    'another place': { body: both(applied(id, personXml.replaceAll('00004', '00070'))) },
    'no person': { body: both(applied(id, '')) },
    'no version': { body: both(applied(id, personXml, '')) },
    'a version that is not whole': { body: both(applied(id, personXml, '<PhienBan>1.5</PhienBan>')) },
    'a change of something unknown': { body: both(applied(id).replace('<Ten>ChuHo<', '<Ten>MauMat<')) },
    'a state that nobody knows': { body: both(applied(id).replace('DA_GHI_NHAN', 'DANG_XU_LY')) },
    'a refusal without a reason': { body: both(rejected(id, '')) },
    'a refusal of a person': { body: both(rejected(id, 'KHONG_CO_CONG_DAN') + personXml) },
    'a refusal beside a result': {
      body: both(`${applied(id).replace('DA_GHI_NHAN', 'TU_CHOI')}<MaLyDo>KHONG_CO_CONG_DAN</MaLyDo>`),
    },
    'not seen, and a result': { body: both(applied(id).replace('DA_GHI_NHAN', 'KHONG_CO')) },
    'no result': { body: envelope(`<${REGISTER}Response xmlns="http://dancuquocgia.bca"/>`) },
  }),
  isQuestion: ({ body }) => body.includes(`<${RESULT} `),
  idOf: ({ body }) =>
    (/<MaYeuCauGoc>(.*)<\/MaYeuCauGoc>/.exec(body) ?? /<MaYeuCau>(.*)<\/MaYeuCau>/.exec(body))?.[1],
});
