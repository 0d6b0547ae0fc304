/** The sentence of each keyword of JSON Schema, by the parameters of ajv's error: words of the schema, never the value. */
import type { PolygonFault } from '../../../adapters/geometry/polygon.ts';
import { formatSentence } from './formats.ts';
import { polygonSentences } from './polygons.ts';
import { type Sentence, say } from './sentence.ts';

type Params = Readonly<Record<string, unknown>>;

const types: Readonly<Record<string, string>> = {
  string: 'chuỗi ký tự',
  number: 'số',
  integer: 'số nguyên',
  boolean: 'đúng/sai (true/false)',
  object: 'đối tượng JSON',
  array: 'danh sách',
  null: 'rỗng (null)',
};

const mostItems = ({ limit }: Params) =>
  say(`must have at most ${limit} items`, `chỉ được có tối đa ${limit} phần tử`);
const unknownProperty = () => say('is not a property of the contract', 'không có trong hợp đồng dữ liệu');

const keywords: Readonly<Record<string, (params: Params) => Sentence>> = {
  required: () => say('is required', 'là bắt buộc'),
  dependentRequired: () => say('is required beside what is given', 'là bắt buộc khi có các trường đã gửi'),
  additionalProperties: unknownProperty,
  unevaluatedProperties: unknownProperty,
  propertyNames: () => say('has a name that is not allowed', 'có tên trường không được phép'),
  type: ({ type }) => {
    const names = [type].flat() as string[];
    return say(
      `must be ${names.join(' or ')}`,
      `phải có kiểu ${names.map((name) => types[name] ?? name).join(' hoặc ')}`,
    );
  },
  format: ({ format }) => formatSentence(String(format)),
  pattern: ({ pattern }) => say(`must match the pattern ${pattern}`, `phải khớp mẫu ${pattern}`),
  enum: ({ allowedValues }) => {
    const values = (allowedValues as unknown[]).join(', ');
    return say(`must be one of ${values}`, `phải là một trong các giá trị: ${values}`);
  },
  const: ({ allowedValue }) => {
    const value = JSON.stringify(allowedValue);
    return say(`must be ${value}`, `phải có giá trị ${value}`);
  },
  not: () =>
    say('is what the contract excludes here', 'là giá trị mà hợp đồng dữ liệu không cho phép tại đây'),
  minLength: ({ limit }) => say(`must have at least ${limit} characters`, `phải có ít nhất ${limit} ký tự`),
  maxLength: ({ limit }) => say(`must have at most ${limit} characters`, `chỉ được có tối đa ${limit} ký tự`),
  minItems: ({ limit }) => say(`must have at least ${limit} items`, `phải có ít nhất ${limit} phần tử`),
  maxItems: mostItems,
  items: mostItems,
  unevaluatedItems: mostItems,
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
  if: () => say('does not keep a condition of the contract', 'không đáp ứng điều kiện của hợp đồng dữ liệu'),
  'false schema': () => say('is not allowed here', 'không được phép tại đây'),
  'x-personal-id-agrees': () =>
    say(
      'century, sex and year in the personal identification number must agree with sex and birth date',
      'thế kỷ, giới tính và năm sinh trong số định danh cá nhân phải khớp với giới tính và ngày sinh',
    ),
  'x-shares-agree': () =>
    say('must not add up to more than 100 percent', 'tổng tỷ lệ không được vượt quá 100 phần trăm'),
  'x-not-future': () => say('must not be a day in the future', 'không được là ngày trong tương lai'),
  'x-dates-in-order': ({ first }) =>
    say(`must not be before ${first}`, `không được sớm hơn ngày của trường ${first}`),
  'x-polygon': ({ fault }) => polygonSentences[fault as PolygonFault],
};

const unnamed = say('does not keep the contract', 'không đúng hợp đồng dữ liệu');

/** @param keyword of ajv's error, with the error's parameters */
export function keywordSentence(keyword: string, params: Params): Sentence {
  return Object.hasOwn(keywords, keyword) ? keywords[keyword]!(params) : unnamed;
}

/** @param ways property names: for each valid alternative, all names that belong together */
export function oneOfThese(ways: readonly (readonly string[])[], exactly: boolean): Sentence {
  const english = ways.map((names) => names.join(' and ')).join(', ');
  const vietnamese = ways.map((names) => names.join(' cùng ')).join(', ');
  return exactly
    ? say(`exactly one of these is required: ${english}`, `phải có đúng một trong các trường: ${vietnamese}`)
    : say(
        `at least one of these is required: ${english}`,
        `phải có ít nhất một trong các trường: ${vietnamese}`,
      );
}
