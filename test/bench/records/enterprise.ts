/** Enterprises of the benchmark: one record under many codes, as the registry sends it and as the agreement grants it. */
import { checkDigit } from '../../../deploy/sandbox/registries/business/enterprise-code.ts';

/** Valid codes, beginning with Hà Nội's. */
export function enterpriseCodes(count: number): string[] {
  const codes: string[] = [];
  for (let serial = 1; codes.length < count; serial++) {
    const digits = `01${String(serial).padStart(7, '0')}`;
    const check = checkDigit(digits);
    if (check !== undefined && check < 10) codes.push(`${digits}${check}`);
  }
  return codes;
}

/** What the bench's agreement grants: all but three fields. */
export const GRANTED = [
  '/enterpriseCode',
  '/type',
  '/name',
  '/shortName',
  '/foreignName',
  '/foundingDate',
  '/lastAmendedDate',
  '/numberOfChanges',
  '/status',
  '/legalRepresentatives',
  '/charterCapital',
  '/headOffice',
  '/activities',
  '/members/*/name',
  '/members/*/ratioPercent',
  '/members/*/country',
];
export const WITHHELD = [
  '/registrationId',
  '/importedBusinessCode',
  '/headOffice/communeName',
  '/members/*/amount',
];

/** The answer of `chiTietDoanhNghiep`. */
export function upstreamEnterprise(code: string): string {
  return JSON.stringify({
    DataCount: 1,
    Status: '1',
    Message: '',
    MainInformation: {
      ENTERPRISE_ID: '1000001',
      ENTERPRISE_GDT_CODE: code,
      IMP_BUSINESS_CODE: '0102000001',
      ENTERPRISE_TYPE_ID: 'LLC2',
      ENTERPRISE_TYPE_NAME: 'Công ty trách nhiệm hữu hạn hai thành viên trở lên',
      NAME: 'CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ MẪU THỬ',
      SHORT_NAME: 'MAUTHU CO., LTD',
      NAME_F: 'SAMPLE TRADING AND SERVICES COMPANY LIMITED',
      FOUNDING_DATE: '04/03/2019',
      LAST_AMEND_DATE: '20/11/2024',
      NUMBER_CHANGES: 3,
      ENTERPRISE_STATUS: '1',
      LEGAL_NAMES: 'Nguyễn Văn Mẫu;Trần Thị Ví Dụ',
      CAPITAL_AMOUNT: '20000000000',
    },
    HOAdress: {
      CityID: '01',
      CityName: 'Thành phố Hà Nội',
      DistrictID: null,
      WardID: '00004',
      StreetNumber: 'Số 12 phố Thử Nghiệm',
      AddressFullText: 'Số 12 phố Thử Nghiệm, Phường Ba Đình, Thành phố Hà Nội, Việt Nam',
    },
    BusinessActivity: [
      { CODE: '6201', NAME: 'Lập trình máy vi tính', IS_MAIN: 'Y' },
      { CODE: '6311', NAME: 'Xử lý dữ liệu, cho thuê và các hoạt động liên quan', IS_MAIN: 'N' },
      { CODE: '4651', NAME: 'Bán buôn máy vi tính, thiết bị ngoại vi và phần mềm', IS_MAIN: 'N' },
    ],
    Member: [
      { MEMBER_NAME: 'Nguyễn Văn Mẫu', AMOUNT: '12000000000', RATIO_PERCENT: 60, COUNTRY: 'VN' },
      { MEMBER_NAME: 'Trần Thị Ví Dụ', AMOUNT: '8000000000', RATIO_PERCENT: 40, COUNTRY: 'VN' },
    ],
  });
}

/** The same in the canonical model, whole: what a provider publishes. */
export function canonicalEnterprise(code: string) {
  return {
    ...grantedEnterprise(code),
    registrationId: '1000001',
    importedBusinessCode: '0102000001',
    members: [
      { name: 'Nguyễn Văn Mẫu', amount: 12_000_000_000, ratioPercent: 60, country: 'VN' },
      { name: 'Trần Thị Ví Dụ', amount: 8_000_000_000, ratioPercent: 40, country: 'VN' },
    ],
  };
}

/** What may be seen of it: the `data` of every right answer. */
export function grantedEnterprise(code: string) {
  return {
    enterpriseCode: code,
    type: { code: 'LLC2', name: 'Công ty trách nhiệm hữu hạn hai thành viên trở lên' },
    name: 'CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ MẪU THỬ',
    shortName: 'MAUTHU CO., LTD',
    foreignName: 'SAMPLE TRADING AND SERVICES COMPANY LIMITED',
    foundingDate: '2019-03-04',
    lastAmendedDate: '2024-11-20',
    numberOfChanges: 3,
    status: 'active',
    legalRepresentatives: [{ fullName: 'Nguyễn Văn Mẫu' }, { fullName: 'Trần Thị Ví Dụ' }],
    charterCapital: 20_000_000_000,
    headOffice: {
      provinceCode: '01',
      provinceName: 'Thành phố Hà Nội',
      communeCode: '00004',
      street: 'Số 12 phố Thử Nghiệm',
      fullText: 'Số 12 phố Thử Nghiệm, Phường Ba Đình, Thành phố Hà Nội, Việt Nam',
    },
    activities: [
      { code: '6201', name: 'Lập trình máy vi tính', main: true },
      { code: '6311', name: 'Xử lý dữ liệu, cho thuê và các hoạt động liên quan', main: false },
      { code: '4651', name: 'Bán buôn máy vi tính, thiết bị ngoại vi và phần mềm', main: false },
    ],
    members: [
      { name: 'Nguyễn Văn Mẫu', ratioPercent: 60, country: 'VN' },
      { name: 'Trần Thị Ví Dụ', ratioPercent: 40, country: 'VN' },
    ],
  };
}
