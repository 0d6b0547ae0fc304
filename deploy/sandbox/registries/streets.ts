import type { Random } from './random.ts';

const STREETS = [
  ...[
    'Trần Hưng Đạo',
    'Lê Lợi',
    'Nguyễn Trãi',
    'Hai Bà Trưng',
    'Lý Thường Kiệt',
    'Quang Trung',
    'Phan Bội Châu',
  ],
  ...[
    'Phan Chu Trinh',
    'Hùng Vương',
    'Bà Triệu',
    'Ngô Quyền',
    'Lê Duẩn',
    'Điện Biên Phủ',
    'Nguyễn Huệ',
    'Lê Hồng Phong',
  ],
  ...[
    'Hoàng Diệu',
    'Trần Phú',
    'Võ Thị Sáu',
    'Nguyễn Du',
    'Chu Văn An',
    'Cách Mạng Tháng Tám',
    'Lý Tự Trọng',
    'Kim Đồng',
  ],
];

/** `Số 12 đường Lê Lợi`, `Số 8 ngõ 41 đường Trần Phú`. */
export function streetAddress(random: Random): string {
  const alley = random.chance(25) ? ` ngõ ${random.between(2, 180)}` : '';
  return `Số ${random.between(1, 260)}${alley} đường ${random.pick(STREETS)}`;
}
