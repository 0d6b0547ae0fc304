/**
 * Dictionaries of Structured Fields (RFC 9651, 3.2), read by the library `structured-headers`. A repeated key is refused: by
 * the standard the last one wins, but another reader of the same message may take the first.
 */
import { type Dictionary, type InnerList, type Item, parseDictionary } from 'structured-headers';

/**
 * The dictionary of all lines of a field.
 * @throws Error when they are malformed, or repeat a key
 */
export function readDictionary(lines: readonly string[]): Dictionary {
  const text = lines.join(', ');
  const dictionary = parseDictionary(text);
  if (dictionary.size !== countMembers(text)) throw new Error('a dictionary repeats a key');
  return dictionary;
}

/** Members of a well-formed dictionary: commas outside strings separate them (inner lists have no commas). */
function countMembers(text: string): number {
  if (text.trim() === '') return 0;
  let members = 1;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') inString = !inString;
    else if (char === '\\' && inString) i++;
    else if (char === ',' && !inString) members++;
  }
  return members;
}

/** Is this an inner list of strings, as Signature-Input and Accept-Signature list covered components? */
export function isInnerListOfStrings(member: Item | InnerList | undefined): member is InnerList {
  return (
    member !== undefined && Array.isArray(member[0]) && member[0].every(([name]) => typeof name === 'string')
  );
}
