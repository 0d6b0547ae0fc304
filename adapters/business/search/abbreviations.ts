/**
 * Abbreviations in enterprises' names, in queries and in the registry itself: a name is registered as its founders wrote it,
 * and the law allows both forms (Law on Enterprises 59/2020/QH14, article 37: công ty TNHH, công ty CP, DNTN).
 *
 * An abbreviation with several meanings (CN: chi nhánh, công nghệ, công nghiệp; TV: tư vấn, thành viên) is not in the table and
 * stays as it is.
 */

/** Words in full, and their abbreviations. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  'CÔNG TY': ['CTY'],
  'TRÁCH NHIỆM HỮU HẠN': ['TNHH'],
  'MỘT THÀNH VIÊN': ['MTV', '1 THÀNH VIÊN', '1TV'],
  'CỔ PHẦN': ['CP'],
  'DOANH NGHIỆP TƯ NHÂN': ['DNTN', 'DOANH NGHIỆP TN'],
  'HỢP TÁC XÃ': ['HTX'],
  'VĂN PHÒNG ĐẠI DIỆN': ['VPĐD'],
  'THƯƠNG MẠI': ['TM'],
  'DỊCH VỤ': ['DV'],
  'XÂY DỰNG': ['XD'],
  'ĐẦU TƯ': ['ĐT'],
  'SẢN XUẤT': ['SX'],
  'XUẤT NHẬP KHẨU': ['XNK'],
  'VẬT LIỆU': ['VL'],
  'BẤT ĐỘNG SẢN': ['BĐS'],
  'CÔNG NGHỆ THÔNG TIN': ['CNTT'],
  'GIAO THÔNG VẬN TẢI': ['GTVT'],
};

/** Abbreviations of several words together. */
export const COMPOUNDS: Readonly<Record<string, readonly (keyof typeof WORDS)[]>> = {
  CTCP: ['CÔNG TY', 'CỔ PHẦN'],
  TMCP: ['THƯƠNG MẠI', 'CỔ PHẦN'],
  TMDV: ['THƯƠNG MẠI', 'DỊCH VỤ'],
  DVTM: ['DỊCH VỤ', 'THƯƠNG MẠI'],
  SXTM: ['SẢN XUẤT', 'THƯƠNG MẠI'],
  ĐTXD: ['ĐẦU TƯ', 'XÂY DỰNG'],
  XDTM: ['XÂY DỰNG', 'THƯƠNG MẠI'],
  VLXD: ['VẬT LIỆU', 'XÂY DỰNG'],
};
