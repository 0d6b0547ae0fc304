import { type Random, weighted } from '../random.ts';
import { joinName, type Sex } from './person.ts';

/** Family names by how common they are. */
export const FAMILY_NAMES = weighted(
  Object.entries({
    ...{
      Nguyễn: 62,
      Trần: 24,
      Lê: 19,
      Phạm: 14,
      Hoàng: 6,
      Huỳnh: 6,
      Phan: 9,
      Vũ: 5,
      Võ: 5,
      Đặng: 4,
      Bùi: 4,
      Đỗ: 3,
    },
    ...{
      Hồ: 3,
      Ngô: 3,
      Dương: 2,
      Lý: 1,
      Đinh: 2,
      Đoàn: 2,
      Trương: 3,
      Mai: 1,
      Lương: 2,
      Trịnh: 2,
      Đào: 2,
      Phùng: 1,
    },
    ...{
      Hà: 2,
      Tạ: 1,
      Cao: 1,
      Châu: 1,
      Tô: 1,
      Quách: 1,
      Thái: 1,
      La: 1,
      Kiều: 1,
      Nông: 1,
      Triệu: 1,
      Vương: 1,
    },
  }),
);

/** People born before this year have plainer middle names. */
const PLAIN_UNTIL = 1978;

const MIDDLE_NAMES: Readonly<Record<Sex, { plain: readonly string[]; modern: readonly string[] }>> = {
  1: {
    plain: list('Văn,Văn,Văn,Văn,Hữu,Đức,Đình,Xuân,Công,Ngọc,Bá,Quang,Trọng,Thanh'),
    modern: list(
      'Văn,Minh,Đức,Quang,Hoàng,Gia,Anh,Tuấn,Quốc,Bảo,Thành,Ngọc,Hữu,Nhật,Đăng,Khánh,Việt,Trung,Duy,Xuân',
    ),
  },
  2: {
    plain: list('Thị,Thị,Thị,Thị,Thị,Thị Ngọc,Thị Kim,Thị Minh,Thị Thanh,Thị Bích,Kim,Ngọc'),
    modern: list(
      'Thị,Thị Thu,Thị Hồng,Ngọc,Thanh,Phương,Thu,Khánh,Bảo,Minh,Hà,Thuỳ,Mai,Quỳnh,Diệu,Thị Thanh,Hoài,Tường',
    ),
  },
};

const GIVEN_NAMES: Readonly<Record<Sex, readonly string[]>> = {
  1: [
    ...list(
      'An,Anh,Bách,Bảo,Bình,Cường,Chiến,Chính,Công,Dũng,Duy,Dương,Đại,Đạt,Đăng,Định,Đông,Đức,Giang,Hà,Hải',
    ),
    ...list(
      'Hào,Hiếu,Hiệp,Hoà,Hoàng,Hùng,Huy,Hưng,Kiên,Khang,Khánh,Khoa,Khôi,Lâm,Linh,Long,Lộc,Lực,Mạnh,Minh,Nam',
    ),
    ...list(
      'Nghĩa,Nguyên,Nhân,Phong,Phú,Phúc,Phước,Quân,Quang,Quốc,Quý,Sang,Sơn,Tài,Tâm,Tân,Tiến,Toàn,Tú,Tuấn,Tùng',
    ),
    ...list('Thái,Thành,Thắng,Thiện,Thịnh,Thuận,Trí,Trung,Trường,Văn,Việt,Vinh,Vũ,Vượng,Yên'),
  ],
  2: [
    ...list(
      'An,Anh,Ánh,Bích,Châu,Chi,Cúc,Diễm,Diệp,Dung,Duyên,Đào,Giang,Hà,Hạnh,Hằng,Hiền,Hoa,Hoà,Hồng,Huệ,Huyền',
    ),
    ...list(
      'Hương,Khuê,Lan,Lê,Liên,Linh,Loan,Ly,Mai,My,Mỹ,Nga,Ngân,Ngọc,Nguyệt,Nhã,Nhi,Nhung,Oanh,Phượng,Phương,Quyên',
    ),
    ...list(
      'Quỳnh,Sương,Tâm,Thanh,Thảo,Thi,Thơ,Thu,Thuỷ,Thuý,Thư,Thương,Trang,Trâm,Trinh,Trúc,Tú,Tuyết,Uyên,Vân,Vy,Yến',
    ),
  ],
};

/** Foreign spouses: nationality, then family, middle and given names of both sexes. */
const FOREIGN_NAMES = [
  {
    nationality: 'KR',
    family: list('Kim,Park,Lee,Choi'),
    middle: list('Min,Seo,Ji'),
    given: { 1: list('Jun,Ho,Woo'), 2: list('Yeon,Hee,Soo') },
  },
  {
    nationality: 'LA',
    family: list('Phommachanh,Sisavath,Vongsa'),
    middle: [''],
    given: { 1: list('Bounmy,Somchit'), 2: list('Chanthala,Manivone') },
  },
  {
    nationality: 'JP',
    family: list('Tanaka,Suzuki,Sato'),
    middle: [''],
    given: { 1: list('Kenji,Hiroshi'), 2: list('Yuki,Akiko') },
  },
  {
    nationality: 'FR',
    family: list("Martin,Bernard,L'Hermite"),
    middle: [''],
    given: { 1: list('Paul,Louis'), 2: list('Claire,Anne') },
  },
  {
    nationality: 'US',
    family: list('Miller,Johnson'),
    middle: list('James,Lee'),
    given: { 1: list('Peter,David'), 2: list('Susan,Emily') },
  },
] as const;

export interface Name {
  familyName: string;
  middleName: string;
  givenName: string;
}

export function vietnameseName(random: Random, sex: Sex, year: number, familyName: string): Name {
  const middleNames = MIDDLE_NAMES[sex][year < PLAIN_UNTIL ? 'plain' : 'modern'];
  return { familyName, middleName: random.pick(middleNames), givenName: random.pick(GIVEN_NAMES[sex]) };
}

export function foreignName(random: Random, sex: Sex): Name & { nationality: string } {
  const { nationality, family, middle, given } = random.pick(FOREIGN_NAMES);
  return {
    familyName: random.pick(family),
    middleName: random.pick<string>(middle),
    givenName: random.pick<string>(given[sex]),
    nationality,
  };
}

/** A name for a person outside the registry: a parent who died, an enterprise's founder. */
export function nameOutsideRegistry(
  random: Random,
  sex: Sex,
  familyName = random.pick(FAMILY_NAMES),
): string {
  const name = vietnameseName(random, sex, PLAIN_UNTIL - 1, familyName);
  return joinName(name.familyName, name.middleName, name.givenName);
}

function list(names: string): readonly string[] {
  return names.split(',');
}
