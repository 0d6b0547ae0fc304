/** The population registry's messages, with every field that it has. */
import type { Person } from '../../../schemas/types.ts';

export const COLLECTION = 'http://www.mic.gov.vn/dancu/1.0';

export const personXml = `
<CongDan>
  <SoDinhDanh>001190000019</SoDinhDanh>
  <SoCMND>012345678</SoCMND>
  <HoVaTen><Ho>Nguyễn</Ho><ChuDem>Thị Thu</ChuDem><Ten>Đào</Ten></HoVaTen>
  <GioiTinh>2</GioiTinh>
  <DanToc>01</DanToc>
  <TonGiao>00</TonGiao>
  <TinhTrangHonNhan>2</TinhTrangHonNhan>
  <NhomMau>04</NhomMau>
  <NgayThangNamSinh><NgayThangNam>19900517</NgayThangNam></NgayThangNamSinh>
  <QuocTich>VN</QuocTich>
  <NoiDangKyKhaiSinh><MaTinhThanh>01</MaTinhThanh><MaPhuongXa>00070</MaPhuongXa><QuocGia>VN</QuocGia></NoiDangKyKhaiSinh>
  <QueQuan>
    <MaTinhThanh>35</MaTinhThanh><MaQuanHuyen>347</MaQuanHuyen><MaPhuongXa>13285</MaPhuongXa>
    <ChiTiet></ChiTiet><QuocGia>VN</QuocGia>
  </QueQuan>
  <ThuongTru>
    <MaTinhThanh>01</MaTinhThanh><MaPhuongXa>00004</MaPhuongXa>
    <ChiTiet>Số 12 &amp; 14 phố &quot;Thử&quot;</ChiTiet><QuocGia>VN</QuocGia>
  </ThuongTru>
  <NoiOHienTai><MaTinhThanh>79</MaTinhThanh><MaPhuongXa>26740</MaPhuongXa><ChiTiet>Số 1</ChiTiet><QuocGia>VN</QuocGia></NoiOHienTai>
  <Cha><HoVaTen>Nguyễn Văn Mẫu</HoVaTen><QuocTich>VN</QuocTich><SoDinhDanh>001060000024</SoDinhDanh><SoCMND>011111111</SoCMND></Cha>
  <Me><HoVaTen>Trần Thị Ví Dụ</HoVaTen><QuocTich>VN</QuocTich><SoDinhDanh>001162000031</SoDinhDanh><SoCMND/></Me>
  <VoChong><HoVaTen>Johnson James</HoVaTen><QuocTich>US</QuocTich></VoChong>
  <NguoiDaiDien><HoVaTen>Lê Văn Thử</HoVaTen><QuocTich>VN</QuocTich><SoCMND>022222222</SoCMND></NguoiDaiDien>
  <ChuHo><QuanHe>02</QuanHe><SoDinhDanh>001088000047</SoDinhDanh><SoCMND>033333333</SoCMND><HoVaTen>Lê Văn Thử</HoVaTen></ChuHo>
</CongDan>`;

export const person: Person = {
  personalId: '001190000019',
  identityCardNumber: '012345678',
  fullName: { familyName: 'Nguyễn', middleName: 'Thị Thu', givenName: 'Đào' },
  sex: 'female',
  ethnicity: '01',
  religion: '00',
  maritalStatus: 'married',
  bloodGroup: 'O',
  birthDate: '1990-05-17',
  nationality: 'VN',
  birthRegistrationPlace: { provinceCode: '01', communeCode: '00070', country: 'VN' },
  placeOfOrigin: { provinceCode: '35', districtCode: '347', communeCode: '13285', country: 'VN' },
  permanentResidence: {
    provinceCode: '01',
    communeCode: '00004',
    detail: 'Số 12 & 14 phố "Thử"',
    country: 'VN',
  },
  currentResidence: { provinceCode: '79', communeCode: '26740', detail: 'Số 1', country: 'VN' },
  father: {
    fullName: 'Nguyễn Văn Mẫu',
    nationality: 'VN',
    personalId: '001060000024',
    identityCardNumber: '011111111',
  },
  mother: { fullName: 'Trần Thị Ví Dụ', nationality: 'VN', personalId: '001162000031' },
  spouse: { fullName: 'Johnson James', nationality: 'US' },
  representative: { fullName: 'Lê Văn Thử', nationality: 'VN', identityCardNumber: '022222222' },
  headOfHousehold: {
    relationship: '02',
    fullName: 'Lê Văn Thử',
    personalId: '001088000047',
    identityCardNumber: '033333333',
  },
};

export function envelope(content: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">' +
    `<S:Header/><S:Body>${content}</S:Body></S:Envelope>`
  );
}

/** What a registration of residence with an id comes to that the registry decides against. */
export const registrationRefused = (id: string, reason: string): string =>
  envelope(
    '<q:DangKyThuongTruResponse xmlns:q="http://dancuquocgia.bca"><KetQua xmlns="http://dancuquocgia.bca">' +
      `<MaYeuCau>${id}</MaYeuCau><TrangThai>TU_CHOI</TrangThai><MaLyDo>${reason}</MaLyDo>` +
      '</KetQua></q:DangKyThuongTruResponse>',
  );

export function lookupAnswer(...persons: readonly string[]): string {
  return envelope(
    '<ns2:TraCuuThongTinCongDanResponse xmlns:ns2="http://dancuquocgia.bca">' +
      `<CongdanCollection xmlns="${COLLECTION}">${persons.join('')}</CongdanCollection>` +
      '</ns2:TraCuuThongTinCongDanResponse>',
  );
}

export function verifyAnswer(match: string): string {
  return envelope(
    `<XacThucThongTinCongDanResponse xmlns="http://dancuquocgia.bca"><TonTai>${match}</TonTai></XacThucThongTinCongDanResponse>`,
  );
}

export function fault(code?: string): string {
  const detail = code === undefined ? '' : `<detail><MaLoi>${code}</MaLoi><MoTa>Cán bộ A</MoTa></detail>`;
  return envelope(
    `<S:Fault><faultcode>S:Client</faultcode><faultstring>Cán bộ A</faultstring>${detail}</S:Fault>`,
  );
}
