/**
 * Faster `maxLength` and `minLength`. They count characters (RFC 8259, code points), and ajv counts them in every text of every
 * body and answer. A text has at most as many characters as UTF-16 units, and at least half as many: most texts need no count.
 */
import { _, type Ajv, type CodeKeywordDefinition, str } from 'ajv';

const definition: CodeKeywordDefinition = {
  keyword: ['maxLength', 'minLength'],
  type: 'string',
  schemaType: 'number',
  before: 'pattern',
  // Like ajv's own: the messages of violations are made of `limit`.
  error: {
    message: ({ keyword, schemaCode }) =>
      str`must NOT have ${keyword === 'maxLength' ? 'more' : 'fewer'} than ${schemaCode} characters`,
    params: ({ schemaCode }) => _`{limit: ${schemaCode}}`,
  },
  code(cxt) {
    const { keyword, data, schemaCode: limit, gen } = cxt;
    const count = gen.scopeValue('func', { ref: countCharacters });
    const units = _`${data}.length`;
    const characters = _`${count}(${data})`;
    cxt.fail(
      keyword === 'maxLength'
        ? _`${units} > ${limit} && ${characters} > ${limit}`
        : _`${units} < ${limit} || (${units} < 2 * ${limit} && ${characters} < ${limit})`,
    );
  },
};

/** Replaces ajv's own two keywords. */
export function addLengths(ajv: Pick<Ajv, 'removeKeyword' | 'addKeyword'>): void {
  ajv.removeKeyword('maxLength').removeKeyword('minLength').addKeyword(definition);
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}
