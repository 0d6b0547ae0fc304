const MARKS = /\p{M}/gu;
const OTHER = /[^A-Z0-9]/g;

/**
 * A name as the population registry compares it: without accents, upper case, no spaces, Đ as D.
 * `Nguyễn Thị Đào` → `NGUYENTHIDAO`
 */
export function foldName(name: string): string {
  return name.normalize('NFD').replace(MARKS, '').toUpperCase().replaceAll('Đ', 'D').replace(OTHER, '');
}
