const LETTERS = /[^A-Z0-9]/g;
const MARKS = /\p{M}/gu;

/** Upper case without accents, Đ as D: what the registries compare names by. Spaces stay. */
export function foldAccents(text: string): string {
  return text.normalize('NFD').replace(MARKS, '').toUpperCase().replaceAll('Đ', 'D');
}

/** A name as the population registry wants it asked: `Nguyễn Thị Đào` → `NGUYENTHIDAO`. */
export function compactName(text: string): string {
  return foldAccents(text).replace(LETTERS, '');
}
