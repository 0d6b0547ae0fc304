/**
 * `uniqueItems` that mostly need not compare as ajv does: lists of a catalogue's files hold a few texts, and are distinct.
 * ajv makes each text a member of an object, which takes longer than all else that is checked of an agreement.
 */
import { _, type Ajv, type CodeKeywordDefinition } from 'ajv';

const KEYWORD = 'uniqueItems';

/**
 * Lets ajv's own keyword look at those lists alone that may not be distinct: its errors stay the same.
 * @param ajv one that reports all errors; where the first ends the validation, the rest of the code would be inside
 */
export function addDistinctTexts(ajv: Ajv): void {
  const own = ajv.getKeyword(KEYWORD) as CodeKeywordDefinition;
  ajv.removeKeyword(KEYWORD).addKeyword({
    ...own,
    keyword: KEYWORD,
    // Where it stood: errors come in that order.
    before: 'maxContains',
    code(context, ruleType) {
      const { gen, data } = context;
      const areDistinct = gen.scopeValue('func', { ref: areDistinctTexts });
      gen.if(_`!${areDistinct}(${data})`, () => own.code(context, ruleType));
    },
  });
}

/** Up to so many, comparing each with each is the fastest. */
const FEW = 8;

function areDistinctTexts(items: readonly unknown[]): boolean {
  if (!items.every((item) => typeof item === 'string')) return false;
  if (items.length > FEW) return new Set(items).size === items.length;
  return items.every((item, index) => items.indexOf(item) === index);
}
