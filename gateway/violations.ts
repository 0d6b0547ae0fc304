/** What a JSON Schema validator found, in words that never carry a value. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import type { PolygonFault } from '../adapters/polygon.ts';
import type { Violation } from './errors.ts';

/** Enough to mend a request by; a hostile one gets no more. */
const MAX_VIOLATIONS = 100;

/**
 * ajv's errors as violations below `base` (`/changes/17/data`). A property that is missing or unknown is named by its
 * own pointer.
 */
export function violationsOf(errors: readonly ErrorObject[] | null | undefined, base = ''): Violation[] {
  const seen = new Set<string>();
  const violations: Violation[] = [];
  for (const error of errors ?? []) {
    if (violations.length === MAX_VIOLATIONS) break;
    const violation = { pointer: base + pointerOf(error), ...sentenceOf(error) };
    const key = `${violation.pointer} ${violation.detail}`;
    if (seen.has(key)) continue;
    seen.add(key);
    violations.push(violation);
  }
  return violations;
}

function pointerOf({ instancePath, params }: ErrorObject): string {
  const name = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  return instancePath + (typeof name === 'string' ? `/${safeName(name)}` : '');
}

/** A name that a caller made up: escaped (RFC 6901), cut, and with digits hidden that may be somebody's number. */
export function safeName(name: string): string {
  return name
    .slice(0, 64)
    .replaceAll(/\d{9,}/g, '…')
    .replaceAll('~', '~0')
    .replaceAll('/', '~1');
}

/** In both languages: the words of the schema, the property, never the value. */
type Sentence = Pick<Violation, 'detail' | 'vi'>;

const say = (detail: string, vi: string): Sentence => ({ detail, vi });

const details: Readonly<Record<string, (params: ErrorObject['params']) => Sentence>> = {
  required: () => say('is required', 'là bắt buộc'),
  dependentRequired: () => say('is required beside what is given', 'là bắt buộc khi có các trường đã gửi'),
  additionalProperties: () => say('is not a property of the contract', 'không có trong hợp đồng dữ liệu'),
  unevaluatedProperties: () => say('is not a property of the contract', 'không có trong hợp đồng dữ liệu'),
  propertyNames: () => say('has a property whose name is not allowed', 'có trường với tên không được phép'),
  type: ({ type }) => {
    const names = [type].flat() as string[];
    return say(
      `must be ${names.join(' or ')}`,
      `phải có kiểu ${names.map((name) => types[name] ?? name).join(' hoặc ')}`,
    );
  },
  format: ({ format }) =>
    formatSentences[format] ?? say(`must be a valid ${format}`, `phải đúng định dạng ${format}`),
  pattern: () => say('does not have the required form', 'không đúng mẫu quy định'),
  enum: ({ allowedValues }) => {
    const values = (allowedValues as unknown[]).join(', ');
    return say(`must be one of ${values}`, `phải là một trong các giá trị: ${values}`);
  },
  const: () => say('is not the value required here', 'không phải giá trị được yêu cầu tại đây'),
  not: () =>
    say('is what the contract excludes here', 'là giá trị mà hợp đồng dữ liệu không cho phép tại đây'),
  minLength: ({ limit }) => say(`must have at least ${limit} characters`, `phải có ít nhất ${limit} ký tự`),
  maxLength: ({ limit }) => say(`must have at most ${limit} characters`, `chỉ được có tối đa ${limit} ký tự`),
  minItems: ({ limit }) => say(`must have at least ${limit} items`, `phải có ít nhất ${limit} phần tử`),
  maxItems: ({ limit }) => say(`must have at most ${limit} items`, `chỉ được có tối đa ${limit} phần tử`),
  items: ({ limit }) => say(`must have at most ${limit} items`, `chỉ được có tối đa ${limit} phần tử`),
  unevaluatedItems: ({ limit }) =>
    say(`must have at most ${limit} items`, `chỉ được có tối đa ${limit} phần tử`),
  contains: () =>
    say('lacks an item that the contract requires', 'thiếu phần tử mà hợp đồng dữ liệu yêu cầu'),
  uniqueItems: () => say('must not hold an item twice', 'không được có phần tử trùng lặp'),
  minProperties: ({ limit }) =>
    say(`must have at least ${limit} properties`, `phải có ít nhất ${limit} trường`),
  maxProperties: ({ limit }) =>
    say(`must have at most ${limit} properties`, `chỉ được có tối đa ${limit} trường`),
  minimum: ({ limit }) => say(`must be at least ${limit}`, `không được nhỏ hơn ${limit}`),
  maximum: ({ limit }) => say(`must be at most ${limit}`, `không được lớn hơn ${limit}`),
  exclusiveMinimum: ({ limit }) => say(`must be more than ${limit}`, `phải lớn hơn ${limit}`),
  exclusiveMaximum: ({ limit }) => say(`must be less than ${limit}`, `phải nhỏ hơn ${limit}`),
  multipleOf: ({ multipleOf }) =>
    say(`must be a multiple of ${multipleOf}`, `phải là bội số của ${multipleOf}`),
  oneOf: () =>
    say(
      'must fit exactly one of the forms of the contract',
      'phải khớp đúng một trong các dạng của hợp đồng dữ liệu',
    ),
  anyOf: () => say('fits none of the forms of the contract', 'không khớp dạng nào của hợp đồng dữ liệu'),
  if: () => say('does not keep a condition of the contract', 'không thỏa điều kiện của hợp đồng dữ liệu'),
  'false schema': () => say('is not allowed here', 'không được phép tại đây'),
  'x-personal-id-agrees': () =>
    say(
      'century, sex and year in the personal identification number must agree with sex and birth date',
      'thế kỷ, giới tính và năm sinh trong số định danh cá nhân phải khớp với giới tính và ngày sinh',
    ),
  'x-polygon': ({ fault }) => polygonSentences[fault as PolygonFault],
};

const polygonSentences: Readonly<Record<PolygonFault, Sentence>> = {
  too_large: say(
    'must have at most 100 rings with 20,000 positions together',
    'chỉ được có tối đa 100 vòng với tổng cộng 20.000 điểm',
  ),
  too_short: say('must have at least 4 positions', 'phải có ít nhất 4 điểm'),
  not_closed: say('must end where it begins', 'phải khép kín: điểm cuối trùng điểm đầu'),
  repeated_position: say('must not repeat a position', 'không được có hai điểm liên tiếp trùng nhau'),
  spike: say('must not go back along an edge', 'không được đi ngược lại trên một cạnh'),
  self_crossing: say('must not cross or touch itself', 'không được tự cắt hoặc tự chạm'),
  too_intricate: say(
    'has too many edges beside each other to be checked',
    'có quá nhiều cạnh nằm sát nhau, không kiểm tra được',
  ),
  rings_cross: say(
    'must meet another ring in a corner of both only',
    'chỉ được chạm vòng khác tại một đỉnh chung',
  ),
  hole_outside: say('must be inside the first ring', 'phải nằm trong vòng thứ nhất'),
  hole_in_hole: say('must be outside of every other hole', 'phải nằm ngoài mọi lỗ khác'),
  cut_in_two: say('must not cut the polygon in two', 'không được chia đa giác thành hai phần'),
};

const types: Readonly<Record<string, string>> = {
  string: 'chuỗi ký tự',
  number: 'số',
  integer: 'số nguyên',
  boolean: 'đúng/sai',
  object: 'đối tượng',
  array: 'danh sách',
  null: 'rỗng',
};

const formatSentences: Readonly<Record<string, Sentence>> = {
  'personal-id': say(
    'must be a valid personal identification number: 12 digits, with province, century, sex and year of birth',
    'phải là số định danh cá nhân hợp lệ: 12 chữ số, gồm mã tỉnh, thế kỷ, giới tính và năm sinh',
  ),
  'identity-card': say(
    'must be a valid number of an old identity card: 9 digits',
    'phải là số chứng minh nhân dân hợp lệ: 9 chữ số',
  ),
  'enterprise-code': say(
    'must be a valid enterprise code: 10 digits with a check digit; a dependent unit adds a hyphen and 001 to 999 (0100109106-001)',
    'phải là mã số doanh nghiệp hợp lệ: 10 chữ số có chữ số kiểm tra; đơn vị phụ thuộc thêm dấu gạch nối và 001 đến 999 (0100109106-001)',
  ),
  'province-code': say(
    'must be a valid code of one of the 34 provinces: 2 digits',
    'phải là mã của một trong 34 tỉnh, thành phố: 2 chữ số',
  ),
  'historic-province-code': say(
    'must be a valid code of a province, of today or before 2025-07-01: 2 digits',
    'phải là mã tỉnh, thành phố hiện nay hoặc trước ngày 01/7/2025: 2 chữ số',
  ),
  'commune-code': say('must be a valid commune code: 5 digits', 'phải là mã xã, phường hợp lệ: 5 chữ số'),
  'agency-code': say(
    'must be a valid electronic identification code of an agency, such as G12 or H29.01.02',
    'phải là mã định danh điện tử hợp lệ của cơ quan, ví dụ G12 hoặc H29.01.02',
  ),
  'certificate-number': say(
    'must be a valid number of a land-use certificate: 1 or 2 letters, a space, 6 or 8 digits',
    'phải là số phát hành giấy chứng nhận hợp lệ: 1 hoặc 2 chữ cái, dấu cách, 6 hoặc 8 chữ số',
  ),
  'birth-date': say(
    'must be a valid day of birth, YYYY-MM-DD, or a year, YYYY',
    'phải là ngày sinh hợp lệ dạng YYYY-MM-DD, hoặc năm sinh dạng YYYY',
  ),
  'person-name': say(
    'must be a name in Latin letters (A–Z, Đ, accents), with spaces, hyphens, apostrophes, dots and commas at most: other letters, also those that look like Latin ones, cannot be compared',
    'phải là họ tên viết bằng chữ cái La-tinh (A–Z, Đ, có dấu), chỉ kèm dấu cách, gạch nối, nháy đơn, chấm, phẩy: không đối chiếu được chữ cái khác, kể cả chữ nhìn giống chữ La-tinh',
  ),
  'enterprise-name': say(
    'must be at least two characters of a name in Latin letters (A–Z, Đ, accents), digits and signs such as & and -: other letters, also those that look like Latin ones, cannot be searched for',
    'phải có ít nhất hai ký tự của tên viết bằng chữ cái La-tinh (A–Z, Đ, có dấu), chữ số và các dấu như &, -: không tìm được theo chữ cái khác, kể cả chữ nhìn giống chữ La-tinh',
  ),
  date: say('must be a valid day, YYYY-MM-DD', 'phải là ngày hợp lệ dạng YYYY-MM-DD'),
  'date-time': say(
    'must be a valid moment with an offset from UTC (RFC 3339)',
    'phải là thời điểm hợp lệ có múi giờ (RFC 3339)',
  ),
  'json-pointer': say('must be a valid JSON Pointer (RFC 6901)', 'phải là JSON Pointer hợp lệ (RFC 6901)'),
};

const unnamed = say('does not keep the contract', 'không đúng hợp đồng dữ liệu');

function sentenceOf({ keyword, params }: ErrorObject): Sentence {
  return details[keyword]?.(params) ?? unnamed;
}
