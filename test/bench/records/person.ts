/** Persons of the benchmark: one invented record under many numbers, as the registry sends it and as granted. */
import { personalNumber } from '../../../deploy/sandbox/registries/population/personal-number.ts';

/** Valid numbers of women born in Hà Nội in 1990. */
export function personalIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => personalNumber('01', 2, 1990, index + 1));
}

/** What the bench's agreement grants: all but religion, blood group and the numbers of old identity cards. */
export const GRANTED = [
  '/personalId',
  '/fullName',
  '/sex',
  '/ethnicity',
  '/maritalStatus',
  '/birthDate',
  '/nationality',
  '/birthRegistrationPlace',
  '/placeOfOrigin',
  '/permanentResidence',
  '/currentResidence',
  '/father/fullName',
  '/father/nationality',
  '/father/personalId',
  '/mother/fullName',
  '/mother/nationality',
  '/mother/personalId',
  '/spouse/fullName',
  '/spouse/nationality',
  '/spouse/personalId',
  '/representative/fullName',
  '/representative/nationality',
  '/representative/personalId',
  '/headOfHousehold/relationship',
  '/headOfHousehold/fullName',
  '/headOfHousehold/personalId',
];
const ADDRESSES = ['/birthRegistrationPlace', '/placeOfOrigin', '/permanentResidence', '/currentResidence'];
export const WITHHELD = [
  '/identityCardNumber',
  '/religion',
  '/bloodGroup',
  '/father/identityCardNumber',
  '/mother/identityCardNumber',
  '/spouse/identityCardNumber',
  '/representative/identityCardNumber',
  '/headOfHousehold/identityCardNumber',
  // Of a later revision than the agreement's.
  ...ADDRESSES.flatMap((address) => [`${address}/provinceName`, `${address}/communeName`]),
];

const FATHER = personalNumber('01', 1, 1960, 24);
const MOTHER = personalNumber('01', 2, 1962, 31);
const SPOUSE = personalNumber('01', 1, 1988, 47);

/** The answer of `TraCuuThongTinCongDan`. */
export function upstreamPerson(personalId: string): string {
  const address = (name: string, commune: string, street: string) =>
    `<${name}><MaTinhThanh>01</MaTinhThanh><MaPhuongXa>${commune}</MaPhuongXa><ChiTiet>${street}</ChiTiet><QuocGia>VN</QuocGia></${name}>`;
  const relative = (name: string, fullName: string, number: string) =>
    `<${name}><HoVaTen>${fullName}</HoVaTen><QuocTich>VN</QuocTich><SoDinhDanh>${number}</SoDinhDanh><SoCMND></SoCMND></${name}>`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
    '<TraCuuThongTinCongDanResponse xmlns="http://dancuquocgia.bca">' +
    '<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"><CongDan>' +
    `<SoDinhDanh>${personalId}</SoDinhDanh><SoCMND>012345678</SoCMND>` +
    '<HoVaTen><Ho>Nguyễn</Ho><ChuDem>Thị Thu</ChuDem><Ten>Hà</Ten></HoVaTen>' +
    '<GioiTinh>2</GioiTinh><DanToc>01</DanToc><TonGiao>00</TonGiao><TinhTrangHonNhan>2</TinhTrangHonNhan>' +
    '<NhomMau>04</NhomMau><NgayThangNamSinh><NgayThangNam>19900517</NgayThangNam></NgayThangNamSinh>' +
    '<QuocTich>VN</QuocTich>' +
    address('NoiDangKyKhaiSinh', '00070', 'Số 3 phố Ví Dụ') +
    address('QueQuan', '00070', 'Số 3 phố Ví Dụ') +
    address('ThuongTru', '00004', 'Số 12 phố Thử Nghiệm') +
    address('NoiOHienTai', '00004', 'Số 12 phố Thử Nghiệm') +
    relative('Cha', 'Nguyễn Văn Mẫu', FATHER) +
    relative('Me', 'Trần Thị Ví Dụ', MOTHER) +
    relative('VoChong', 'Lê Văn Thử', SPOUSE) +
    `<ChuHo><QuanHe>02</QuanHe><SoDinhDanh>${SPOUSE}</SoDinhDanh><SoCMND></SoCMND><HoVaTen>Lê Văn Thử</HoVaTen></ChuHo>` +
    '</CongDan></CongdanCollection></TraCuuThongTinCongDanResponse></soapenv:Body></soapenv:Envelope>'
  );
}

/** The `data` of every right answer. */
export function grantedPerson(personalId: string) {
  const address = (communeCode: string, detail: string) => ({
    provinceCode: '01',
    communeCode,
    detail,
    country: 'VN',
  });
  const relative = (fullName: string, number: string) => ({
    fullName,
    nationality: 'VN',
    personalId: number,
  });
  return {
    personalId,
    fullName: { familyName: 'Nguyễn', middleName: 'Thị Thu', givenName: 'Hà' },
    sex: 'female',
    ethnicity: '01',
    maritalStatus: 'married',
    birthDate: '1990-05-17',
    nationality: 'VN',
    birthRegistrationPlace: address('00070', 'Số 3 phố Ví Dụ'),
    placeOfOrigin: address('00070', 'Số 3 phố Ví Dụ'),
    permanentResidence: address('00004', 'Số 12 phố Thử Nghiệm'),
    currentResidence: address('00004', 'Số 12 phố Thử Nghiệm'),
    father: relative('Nguyễn Văn Mẫu', FATHER),
    mother: relative('Trần Thị Ví Dụ', MOTHER),
    spouse: relative('Lê Văn Thử', SPOUSE),
    headOfHousehold: { relationship: '02', fullName: 'Lê Văn Thử', personalId: SPOUSE },
  };
}
