/** The sentence of each format, with its pattern and an invented example: no number belongs to a person. */
import { type Sentence, say } from './sentence.ts';

interface Form {
  readonly en: string;
  readonly vi: string;
  /** Matches the format; a test checks this. */
  readonly example: string;
}

const forms: Readonly<Record<string, Form>> = {
  'personal-id': {
    en: 'a valid personal identification number: 12 digits, with the province or country of birth registration, century, sex and year of birth',
    vi: 'số định danh cá nhân hợp lệ: 12 chữ số, gồm mã tỉnh hoặc mã nước nơi đăng ký khai sinh, thế kỷ, giới tính và năm sinh',
    example: '001199000000',
  },
  'identity-card': {
    en: 'a valid number of an old identity card: 9 digits',
    vi: 'số chứng minh nhân dân hợp lệ: 9 chữ số',
    example: '000000000',
  },
  'enterprise-code': {
    en: 'a valid enterprise code: 10 digits with a check digit; a dependent unit adds a hyphen and 001 to 999',
    vi: 'mã số doanh nghiệp hợp lệ: 10 chữ số có chữ số kiểm tra; đơn vị phụ thuộc thêm dấu gạch nối và 001 đến 999',
    example: '0109000015-001',
  },
  'tax-code': {
    en: 'a valid tax code: an enterprise code, or the 12 digits of the personal identification number behind a household business',
    vi: 'mã số thuế hợp lệ: mã số doanh nghiệp, hoặc số định danh cá nhân 12 chữ số của hộ kinh doanh, cá nhân kinh doanh',
    example: '0109000015',
  },
  'province-code': {
    en: 'a valid code of one of the 34 provinces: 2 digits',
    vi: 'mã của một trong 34 tỉnh, thành phố: 2 chữ số',
    example: '01',
  },
  'historic-province-code': {
    en: 'a valid code of a province, of today or before 2025-07-01: 2 digits',
    vi: 'mã tỉnh, thành phố hiện nay hoặc trước ngày 01/7/2025: 2 chữ số',
    example: '26',
  },
  'commune-code': {
    en: 'a valid commune code: 5 digits',
    vi: 'mã xã, phường, đặc khu hợp lệ: 5 chữ số',
    example: '00004',
  },
  'agency-code': {
    en: 'a valid electronic identification code of an agency',
    vi: 'mã định danh điện tử hợp lệ của cơ quan, tổ chức',
    example: 'H29.01.02',
  },
  'certificate-number': {
    en: 'a valid number of a land-use certificate: 1 or 2 letters and 6 to 8 digits, or 6 to 15 digits alone',
    vi: 'số phát hành giấy chứng nhận hợp lệ: 1 hoặc 2 chữ cái và 6 đến 8 chữ số, hoặc chỉ 6 đến 15 chữ số',
    example: 'AA 00000000',
  },
  'cadastral-number': {
    en: 'a valid number of a map sheet or a parcel: 1 to 20 letters, digits, spaces and signs . , - ( ) [ ] + _, at most 8 digits in a row, no slash, and accents composed with their letters (Unicode NFC)',
    vi: 'số hiệu tờ bản đồ hoặc số thứ tự thửa đất hợp lệ: 1 đến 20 chữ cái, chữ số, dấu cách và các dấu . , - ( ) [ ] + _, không quá 8 chữ số liền nhau, không có dấu gạch chéo, chữ có dấu viết dạng dựng sẵn (Unicode NFC)',
    example: '12-Đ',
  },
  'birth-date': {
    en: 'a valid day of birth that is not in the future, YYYY-MM-DD, or a year alone, YYYY',
    vi: 'ngày sinh hợp lệ, không ở tương lai, dạng YYYY-MM-DD, hoặc chỉ năm sinh dạng YYYY',
    example: '1990-02-28',
  },
  'person-name': {
    en: 'a name in Latin letters (A–Z, Đ, accents), with spaces, hyphens, apostrophes, dots and commas at most (other letters, also those that look like Latin ones, cannot be compared)',
    vi: 'họ tên viết bằng chữ cái La-tinh (A–Z, Đ, có dấu), chỉ kèm dấu cách, gạch nối, nháy đơn, chấm, phẩy (không đối chiếu được chữ cái khác, kể cả chữ nhìn giống chữ La-tinh)',
    example: 'Nguyễn Văn A',
  },
  'enterprise-name': {
    en: 'at least two characters of a name in Latin letters (A–Z, Đ, accents), digits and signs such as & and - (other letters, also those that look like Latin ones, cannot be searched for), without the number of a person',
    vi: 'ít nhất hai ký tự của tên viết bằng chữ cái La-tinh (A–Z, Đ, có dấu), chữ số và các dấu như &, - (không tìm được theo chữ cái khác, kể cả chữ nhìn giống chữ La-tinh), không có số định danh cá nhân hay số chứng minh nhân dân',
    example: 'Công ty ABC',
  },
  'not-blank': {
    en: 'a text that is not blank',
    vi: 'một chuỗi ký tự không chỉ gồm dấu cách',
    example: 'Nguyễn Văn A',
  },
  date: {
    en: 'a valid day, YYYY-MM-DD',
    vi: 'ngày hợp lệ dạng YYYY-MM-DD',
    example: '2026-01-31',
  },
  'date-time': {
    en: 'a valid moment with its offset from UTC (RFC 3339)',
    vi: 'thời điểm hợp lệ kèm múi giờ (RFC 3339)',
    example: '2026-01-31T08:30:00+07:00',
  },
  'json-pointer': {
    en: 'a valid JSON Pointer (RFC 6901)',
    vi: 'JSON Pointer hợp lệ (RFC 6901)',
    example: '/name',
  },
};

export function formatSentence(format: string): Sentence {
  const form = Object.hasOwn(forms, format) ? forms[format] : undefined;
  return form
    ? say(`must be ${form.en}, such as ${form.example}`, `phải là ${form.vi}, ví dụ ${form.example}`)
    : say(`must be a valid ${format}`, `phải đúng định dạng ${format}`);
}
