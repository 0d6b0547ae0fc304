/** The business registry's messages, with every field that it has. */
import type { Enterprise } from '../../../schemas/types.ts';

export const record = {
  MainInformation: {
    ENTERPRISE_ID: '1000001',
    ENTERPRISE_GDT_CODE: '0109000015',
    IMP_BUSINESS_CODE: '0102000001',
    ENTERPRISE_TYPE_ID: '02',
    ENTERPRISE_TYPE_NAME: 'Công ty TNHH hai thành viên trở lên',
    NAME: 'CÔNG TY TNHH MẪU THỬ',
    SHORT_NAME: 'MAUTHU CO., LTD',
    NAME_F: 'SAMPLE COMPANY LIMITED',
    FOUNDING_DATE: '04/03/2019',
    LAST_AMEND_DATE: '20/11/2024',
    NUMBER_CHANGES: 3,
    ENTERPRISE_STATUS: '1',
    LEGAL_NAMES: 'Nguyễn Văn Mẫu; Trần Thị Ví Dụ;',
    CAPITAL_AMOUNT: '20000000000',
  },
  HOAdress: {
    CityID: '01',
    CityName: 'Thành phố Hà Nội',
    DistrictID: '001',
    WardID: '00004',
    StreetNumber: 'Số 12 phố Thử Nghiệm',
    AddressFullText: 'Số 12 phố Thử Nghiệm, Phường Ba Đình, Thành phố Hà Nội',
  },
  BusinessActivity: [
    { CODE: '6201', NAME: 'Lập trình máy vi tính', IS_MAIN: 'Y' },
    { CODE: '0118', NAME: 'Trồng rau, đậu', IS_MAIN: 'N' },
  ],
  Member: [
    { MEMBER_NAME: 'Nguyễn Văn Mẫu', AMOUNT: '12000000000', RATIO_PERCENT: 60, COUNTRY: 'VN' },
    { MEMBER_NAME: 'NIPPON K.K.', AMOUNT: 8_000_000_000, RATIO_PERCENT: '39.5', COUNTRY: 'JP' },
  ],
};

export const enterprise: Enterprise = {
  enterpriseCode: '0109000015',
  registrationId: '1000001',
  importedBusinessCode: '0102000001',
  type: { code: '02', name: 'Công ty TNHH hai thành viên trở lên' },
  name: 'CÔNG TY TNHH MẪU THỬ',
  shortName: 'MAUTHU CO., LTD',
  foreignName: 'SAMPLE COMPANY LIMITED',
  foundingDate: '2019-03-04',
  lastAmendedDate: '2024-11-20',
  numberOfChanges: 3,
  status: 'active',
  legalRepresentatives: [{ fullName: 'Nguyễn Văn Mẫu' }, { fullName: 'Trần Thị Ví Dụ' }],
  charterCapital: 20_000_000_000,
  headOffice: {
    provinceCode: '01',
    provinceName: 'Thành phố Hà Nội',
    districtCode: '001',
    communeCode: '00004',
    street: 'Số 12 phố Thử Nghiệm',
    fullText: 'Số 12 phố Thử Nghiệm, Phường Ba Đình, Thành phố Hà Nội',
  },
  activities: [
    { code: '6201', name: 'Lập trình máy vi tính', main: true },
    { code: '0118', name: 'Trồng rau, đậu', main: false },
  ],
  members: [
    { name: 'Nguyễn Văn Mẫu', amount: 12_000_000_000, ratioPercent: 60, country: 'VN' },
    { name: 'NIPPON K.K.', amount: 8_000_000_000, ratioPercent: 39.5, country: 'JP' },
  ],
};

export function answer(parts: object, count = 1): object {
  return { DataCount: count, Status: '1', Message: '', ...parts };
}

export function failure(message: string): object {
  return { DataCount: 0, Status: '0', Message: message };
}

export const notFound = failure('Không tìm thấy dữ liệu');

export function token(value = 'opaque-1', lifetime: unknown = 300): object {
  return { access_token: value, token_type: 'Bearer', expires_in: lifetime };
}
