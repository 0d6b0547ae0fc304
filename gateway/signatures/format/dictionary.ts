/**
 * Dictionaries of Structured Fields (RFC 9651, 3.2), read by the library `structured-headers`, but each key once only:
 * the standard lets the last one win, and what one reader drops another may heed.
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

/** Members of a well-formed dictionary: commas part them wherever no string is open (an inner list has none). */
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

/** An inner list of strings with parameters: how covered components stand in Signature-Input and Accept-Signature. */
export function isInnerListOfStrings(member: Item | InnerList | undefined): member is InnerList {
  return (
    member !== undefined && Array.isArray(member[0]) && member[0].every(([name]) => typeof name === 'string')
  );
}
