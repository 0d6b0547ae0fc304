/** A commune, ward or special zone: codes of Decision 19/2025/QĐ-TTg. */
export interface Commune {
  readonly code: string;
  readonly name: string;
  readonly province: Province;
  /** The district that its addresses named before 2025-07-01, where old records still do. */
  readonly formerDistrict: string | undefined;
}

interface Province {
  readonly code: string;
  readonly name: string;
  /** Its share of the sandbox's people, relative to the others. */
  readonly weight: number;
  readonly communes: readonly Commune[];
}

/** The 34 provinces, each with the few communes that the sandbox's people live in. */
export const PROVINCES: readonly Province[] = [
  province('01', 'Thành phố Hà Nội', 14, [
    ['00004', 'Phường Ba Đình', '001'],
    ['00070', 'Phường Hoàn Kiếm', '002'],
    ['00454', 'Xã Đông Anh', '017'],
  ]),
  province('04', 'Tỉnh Cao Bằng', 2, [
    ['01273', 'Phường Thục Phán'],
    ['01279', 'Phường Nùng Trí Cao'],
  ]),
  province('08', 'Tỉnh Tuyên Quang', 2, [
    ['02215', 'Phường Minh Xuân'],
    ['00694', 'Phường Hà Giang 1'],
  ]),
  province('11', 'Tỉnh Điện Biên', 2, [
    ['03127', 'Phường Điện Biên Phủ'],
    ['03151', 'Phường Mường Lay'],
  ]),
  province('12', 'Tỉnh Lai Châu', 2, [
    ['03388', 'Phường Đoàn Kết'],
    ['03390', 'Xã Bình Lư'],
  ]),
  province('14', 'Tỉnh Sơn La', 2, [
    ['03646', 'Phường Tô Hiệu'],
    ['03664', 'Phường Chiềng An'],
  ]),
  province('15', 'Tỉnh Lào Cai', 2, [
    ['02647', 'Phường Lào Cai'],
    ['04252', 'Phường Yên Bái'],
  ]),
  province('19', 'Tỉnh Thái Nguyên', 2, [
    ['05443', 'Phường Phan Đình Phùng'],
    ['01843', 'Phường Bắc Kạn'],
  ]),
  province('20', 'Tỉnh Lạng Sơn', 2, [
    ['05977', 'Phường Đông Kinh'],
    ['05983', 'Phường Lương Văn Tri'],
  ]),
  province('22', 'Tỉnh Quảng Ninh', 2, [
    ['06685', 'Phường Hồng Gai'],
    ['06673', 'Phường Bãi Cháy'],
  ]),
  province('24', 'Tỉnh Bắc Ninh', 4, [
    ['07210', 'Phường Bắc Giang'],
    ['07696', 'Phường Tiền Phong'],
  ]),
  province('25', 'Tỉnh Phú Thọ', 3, [
    ['07900', 'Phường Việt Trì'],
    ['04795', 'Phường Hoà Bình'],
  ]),
  province('31', 'Thành phố Hải Phòng', 4, [
    ['10525', 'Phường Hải Dương'],
    ['10507', 'Phường Thành Đông'],
  ]),
  province('33', 'Tỉnh Hưng Yên', 3, [
    ['11953', 'Phường Phố Hiến'],
    ['12454', 'Phường Trần Lãm'],
  ]),
  province('37', 'Tỉnh Ninh Bình', 4, [
    ['13285', 'Phường Phủ Lý'],
    ['13366', 'Phường Hà Nam'],
  ]),
  province('38', 'Tỉnh Thanh Hoá', 4, [
    ['14797', 'Phường Hạc Thành'],
    ['14758', 'Phường Hàm Rồng'],
  ]),
  province('40', 'Tỉnh Nghệ An', 4, [
    ['16690', 'Phường Trường Vinh'],
    ['16732', 'Phường Cửa Lò'],
  ]),
  province('42', 'Tỉnh Hà Tĩnh', 2, [
    ['18073', 'Phường Thành Sen'],
    ['18100', 'Phường Trần Phú'],
  ]),
  province('44', 'Tỉnh Quảng Trị', 2, [
    ['18880', 'Phường Đồng Hới'],
    ['19333', 'Phường Đông Hà'],
  ]),
  province('46', 'Thành phố Huế', 2, [
    ['19753', 'Phường Phú Xuân'],
    ['19789', 'Phường Thuận Hoá'],
  ]),
  province('48', 'Thành phố Đà Nẵng', 8, [
    ['20242', 'Phường Hải Châu', '492'],
    ['20263', 'Phường Sơn Trà', '493'],
    ['20320', 'Xã Hoà Vang', '497'],
  ]),
  province('51', 'Tỉnh Quảng Ngãi', 2, [
    ['21025', 'Phường Cẩm Thành'],
    ['23293', 'Phường Kon Tum'],
  ]),
  province('52', 'Tỉnh Gia Lai', 2, [
    ['21583', 'Phường Quy Nhơn'],
    ['21640', 'Phường Bồng Sơn'],
  ]),
  province('56', 'Tỉnh Khánh Hoà', 2, [
    ['22366', 'Phường Nha Trang'],
    ['22420', 'Phường Cam Ranh'],
  ]),
  province('66', 'Tỉnh Đắk Lắk', 2, [
    ['24133', 'Phường Buôn Ma Thuột'],
    ['22015', 'Phường Tuy Hoà'],
  ]),
  province('68', 'Tỉnh Lâm Đồng', 3, [
    ['22945', 'Phường Phan Thiết'],
    ['24611', 'Phường Bắc Gia Nghĩa'],
  ]),
  province('75', 'Thành phố Đồng Nai', 4, [
    ['25210', 'Phường Đồng Xoài'],
    ['25217', 'Phường Phước Long'],
  ]),
  province('79', 'Thành phố Hồ Chí Minh', 16, [
    ['27154', 'Phường Bàn Cờ', '770'],
    ['26740', 'Phường Sài Gòn', '760'],
    ['27553', 'Xã Củ Chi', '783'],
  ]),
  province('80', 'Tỉnh Tây Ninh', 2, [
    ['25459', 'Phường Tân Ninh'],
    ['25708', 'Phường Trảng Bàng'],
  ]),
  province('82', 'Tỉnh Đồng Tháp', 3, [
    ['28261', 'Phường Mỹ Tho'],
    ['28306', 'Phường Gò Công'],
  ]),
  province('86', 'Tỉnh Vĩnh Long', 3, [
    ['28777', 'Phường An Hội'],
    ['29242', 'Phường Trà Vinh'],
  ]),
  province('91', 'Tỉnh An Giang', 3, [
    ['30307', 'Phường Long Xuyên'],
    ['30316', 'Phường Châu Đốc'],
  ]),
  province('92', 'Thành phố Cần Thơ', 3, [
    ['31135', 'Phường Ninh Kiều'],
    ['31174', 'Phường Thới An Đông'],
  ]),
  province('96', 'Tỉnh Cà Mau', 2, [
    ['31825', 'Phường Bạc Liêu'],
    ['32002', 'Phường An Xuyên'],
  ]),
];

/** All communes of the sandbox; a record refers to one by its position here. */
export const COMMUNES: readonly Commune[] = PROVINCES.flatMap((place) => place.communes);

export const provinceByCode: ReadonlyMap<string, Province> = new Map(
  PROVINCES.map((place) => [place.code, place]),
);

export const communeByCode: ReadonlyMap<string, Commune> = new Map(
  COMMUNES.map((place) => [place.code, place]),
);

const positions: ReadonlyMap<string, number> = new Map(
  COMMUNES.map((place, position) => [place.code, position]),
);

/** The position in `COMMUNES` of a commune. */
export function communePosition(code: string): number {
  const position = positions.get(code);
  if (position === undefined) throw new RangeError(`the sandbox has no commune ${code}`);
  return position;
}

/** `Phường Ba Đình, Thành phố Hà Nội`. */
export function placeName(commune: Commune): string {
  return `${commune.name}, ${commune.province.name}`;
}

function province(
  code: string,
  name: string,
  weight: number,
  communes: readonly (readonly [code: string, name: string, formerDistrict?: string])[],
): Province {
  const list: Commune[] = [];
  const self: Province = { code, name, weight, communes: list };
  for (const [communeCode, communeName, formerDistrict] of communes) {
    list.push({ code: communeCode, name: communeName, province: self, formerDistrict });
  }
  return self;
}
