/**
 * The document in Vietnamese: a table translates its English summaries and descriptions, so that each text is written
 * where it belongs and translated once. A contract's own texts come from the contract, in both languages, and those of schemas from the
 * catalogue (`schemas/vietnamese`). A text without a translation stays as it is.
 */
import { circumstances } from '../../circumstances/circumstances.ts';
import type { Json } from '../../operation/json.ts';
import { commonTexts } from './common.ts';
import { operationTexts } from './operations.ts';
import { schemaTexts } from './schemas.ts';

type Texts = ReadonlyMap<string, string>;

const texts: Texts = new Map(
  Object.entries({
    ...commonTexts,
    ...Object.fromEntries(circumstances.map(({ about }) => [about.en, about.vi])),
    ...operationTexts,
    ...schemaTexts,
  }),
);

/** Texts that contain a name: of a registry, an entity, a stream. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/^Services of the (\S+) registry$/, 'Các dịch vụ của cơ sở dữ liệu $1'],
  [
    /^Start a copy: every (\S+) of the (\S+) registry$/,
    'Bắt đầu một bản sao: mọi bản ghi $1 của cơ sở dữ liệu $2',
  ],
  [/^Check a copy of (\S+) records$/, 'Đối chiếu bản sao các bản ghi $1'],
  [
    /^A change of one (\S+) record: CloudEvents 1\.0, structured mode$/,
    'Thay đổi của một bản ghi $1: CloudEvents 1.0, chế độ có cấu trúc',
  ],
  [/^One (\S+) record that was made or has changed$/, 'Bản ghi $1 được tạo mới hoặc đã thay đổi'],
  [/^One (\S+) record that is gone$/, 'Bản ghi $1 không còn'],
  [/^Read the change stream (\S+)$/, 'Đọc luồng thay đổi $1'],
  [/^Start a copy of the records of (\S+)$/, 'Bắt đầu bản sao dữ liệu của luồng $1'],
  [/^Check a copy of the records of (\S+)$/, 'Đối chiếu bản sao dữ liệu của luồng $1'],
];

const CODES = '. Codes: ';

function translate(text: string, ofSchemas: Texts): string {
  const [about, codes] = text.split(CODES) as [string, string?];
  if (codes !== undefined) return `${texts.get(about) ?? about}. Mã lỗi: ${codes}`;
  const pattern = patterns.find(([form]) => form.test(text));
  return texts.get(text) ?? ofSchemas.get(text) ?? (pattern ? text.replace(...pattern) : text);
}

/**
 * A copy with translated summaries and descriptions. Examples, and properties with these names, are unchanged.
 * @param ofSchemas the catalogue's translations of its schemas' texts
 */
export function inVietnamese(document: Json, ofSchemas: Texts): Json {
  const translated = (text: string) => translate(text, ofSchemas);
  const walk = (node: unknown, areNames: boolean): unknown => {
    if (Array.isArray(node)) return node.map((item) => walk(item, false));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => {
        if (!areNames && (key === 'example' || key === 'examples')) return [key, value];
        if (!areNames && key === 'scopes') return [key, mapValues(value, translated)];
        const isText = !areNames && (key === 'summary' || key === 'description');
        return [
          key,
          isText && typeof value === 'string' ? translated(value) : walk(value, key === 'properties'),
        ];
      }),
    );
  };
  return walk(document, false) as Json;
}

function mapValues(object: Readonly<Record<string, string>>, map: (value: string) => string): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
