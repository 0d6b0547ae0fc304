import { foldName } from '../../../../adapters/values/letters.ts';
import { fullName, type Person } from './person.ts';
import type { PopulationRegistry } from './registry.ts';
import type { SoapRequest } from './soap.ts';

/** The elements of a request, in the order in which they must come, with the most characters of each. */
const FIELDS: ReadonlyMap<string, number> = new Map([
  ['MaYeuCau', 40],
  ['MaDVC', 20],
  ['MaTichHop', 20],
  ['MaCanBo', 20],
  ['MaDonVi', 35],
  ['SoDinhDanh', 12],
  ['SoCMND', 9],
  ['HoVaTen', 200],
  ['NgayThangNamSinh', 0],
  ['ThuongTru', 0],
  ['MaYeuCauGoc', 40],
]);
const ORDER = [...FIELDS.keys()];
const RESIDENCE: ReadonlySet<string> = new Set(['MaTinhThanh', 'MaPhuongXa', 'ChiTiet', 'QuocGia']);
const BIRTH_PATTERNS: Readonly<Record<string, RegExp>> = { NgayThangNam: /^\d{8}$/, Nam: /^\d{4}$/ };

/** Elements with child elements, and the check of their content. */
const GROUPS: Readonly<Record<string, (value: Readonly<Record<string, string>>) => boolean>> = {
  NgayThangNamSinh: isBirth,
  ThuongTru: (value) =>
    Object.entries(value).every(([name, text]) => RESIDENCE.has(name) && text.length <= 500),
};

/**
 * The fault of a request's form; undefined if it has none.
 * @param needs elements that its operation requires; a look-up requires a person's number, old or new
 */
export function formError({ fields }: SoapRequest, needs: readonly string[]): string | undefined {
  let last = -1;
  for (const [name, value] of Object.entries(fields)) {
    const position = ORDER.indexOf(name);
    if (position <= last) return `Phần tử ${name} không đúng thứ tự hoặc không có trong lược đồ`;
    last = position;
    if (typeof value === 'string') {
      if (value.length > FIELDS.get(name)!) return `Phần tử ${name} quá dài`;
    } else if (!GROUPS[name]?.(value)) return `Phần tử ${name} không đúng kiểu`;
  }
  if (!fields.MaYeuCau) return 'Thiếu MaYeuCau';
  if (!fields.MaTichHop) return 'Thiếu MaTichHop';
  const missing = needs.find((name) => !fields[name]);
  if (missing) return `Thiếu ${missing}`;
  if (needs.length === 0 && !fields.SoDinhDanh === !fields.SoCMND)
    return 'Cần đúng một trong SoDinhDanh và SoCMND';
  return undefined;
}

function isBirth(value: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(value);
  return entries.length === 1 && entries.every(([name, text]) => BIRTH_PATTERNS[name]?.test(text));
}

/** The person that all criteria of a well-formed request fit. */
export function findPerson(registry: PopulationRegistry, { fields }: SoapRequest): Person | undefined {
  const { SoDinhDanh, SoCMND, HoVaTen, NgayThangNamSinh } = fields;
  const number = SoDinhDanh || SoCMND;
  const person = typeof number === 'string' ? registry.find(number) : undefined;
  if (person === undefined) return undefined;
  if (typeof HoVaTen === 'string' && HoVaTen !== foldName(fullName(person))) return undefined;
  if (typeof NgayThangNamSinh === 'object' && !bornAsGiven(person, NgayThangNamSinh)) return undefined;
  return person;
}

function bornAsGiven({ born }: Person, given: Readonly<Record<string, string>>): boolean {
  return given.Nam === undefined ? given.NgayThangNam === born : born.startsWith(given.Nam);
}
