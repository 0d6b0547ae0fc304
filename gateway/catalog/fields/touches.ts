/** Does a change concern a grant? Decided by the pointers of its `changedFields`. */
import type { FieldSet } from './selection.ts';

/** Does a pointer into a state (array indices allowed) touch a disclosed leaf, from above or below? */
export function compileTouches(fields: FieldSet): (changedFields: readonly string[]) => boolean {
  const disclosed = fields.disclosed.map((path) => path.split('/').slice(1));
  const touchesOne = (pointer: string): boolean => {
    const tokens = pointer.split('/').slice(1);
    return disclosed.some((leaf) =>
      leaf
        .slice(0, tokens.length)
        .every((name, index) => name === '*' || name === tokens[index] || tokens[index] === '*'),
    );
  };
  const known = new Map<string, boolean>();
  return (changedFields) =>
    changedFields.some((pointer) => {
      // Changes of a registry repeat the same few pointers; pointers with array indices are not kept.
      let answer = known.get(pointer);
      if (answer === undefined) {
        answer = touchesOne(pointer);
        if (known.size < 1000) known.set(pointer, answer);
      }
      return answer;
    });
}
