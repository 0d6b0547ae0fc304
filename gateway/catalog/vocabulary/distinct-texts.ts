/**
 * A faster `uniqueItems` for lists of a few distinct texts, as in a catalogue's files. ajv makes each text a member of an object,
 * which takes longer than all other checks of an agreement.
 */
import { _, type Ajv, type CodeKeywordDefinition } from 'ajv';

const KEYWORD = 'uniqueItems';

/**
 * Runs ajv's own keyword only for lists that may not be distinct: its errors stay the same.
 * @param ajv an instance with `allErrors`; otherwise ajv would nest the rest of the code inside this keyword's branch
 */
export function addDistinctTexts(ajv: Ajv): void {
  const own = ajv.getKeyword(KEYWORD) as CodeKeywordDefinition;
  ajv.removeKeyword(KEYWORD).addKeyword({
    ...own,
    keyword: KEYWORD,
    // Its original position, which decides the order of errors.
    before: 'maxContains',
    code(context, ruleType) {
      const { gen, data } = context;
      const areDistinct = gen.scopeValue('func', { ref: areDistinctTexts });
      gen.if(_`!${areDistinct}(${data})`, () => own.code(context, ruleType));
    },
  });
}

/** Up to this length, comparing all pairs is the fastest. */
const FEW = 8;

function areDistinctTexts(items: readonly unknown[]): boolean {
  if (!items.every((item) => typeof item === 'string')) return false;
  if (items.length > FEW) return new Set(items).size === items.length;
  return items.every((item, index) => items.indexOf(item) === index);
}
