/**
 * The signature base (RFC 9421, 2.5): the text that is signed, a line for each covered component, and last the
 * signature's own parameters.
 *
 *     signature-base        = *( signature-base-line LF ) signature-params-line
 *     signature-base-line   = component-identifier ":" SP ( derived-component-value / *field-content )
 *     signature-params-line = DQUOTE "@signature-params" DQUOTE ":" SP inner-list
 */
import { type InnerList, type Item, serializeInnerList, serializeItem } from 'structured-headers';
import { say } from '../../problems/sentences/sentence.ts';
import { componentValue, type FieldTypes } from './components.ts';
import { InvalidSignature } from './invalid-signature.ts';
import type { SignatureContext } from './message.ts';

/** Tab, and the visible characters of ASCII: a line feed would begin a line of its own. */
const fieldContent = /^[\t\x20-\x7e]*$/;

/**
 * @param input covered components with the signature's parameters, as in Signature-Input
 * @param types fields whose structure is known, other than the gateway's
 * @throws InvalidSignature `component`
 */
export function signatureBase(input: InnerList, context: SignatureContext, types?: FieldTypes): string {
  const [covered] = input;
  const seen = new Set<string>();
  let base = '';
  for (const identifier of covered) {
    const written = serializeItem(identifier);
    const name = identifier[1].size > 1 ? identity(identifier) : written;
    if (seen.has(name))
      throw new InvalidSignature(
        'component',
        say('a component is covered twice', 'một thành phần bị ký hai lần'),
      );
    seen.add(name);
    const value = componentValue(identifier, context, types);
    if (!fieldContent.test(value)) {
      throw new InvalidSignature(
        'component',
        say('a covered component has characters outside ASCII', 'thành phần được ký có ký tự ngoài ASCII'),
      );
    }
    base += `${written}: ${value}\n`;
  }
  return `${base}"@signature-params": ${serializeInnerList(input)}`;
}

/** Equal for component identifiers that differ in the order of their parameters only (2). */
export function identity([name, parameters]: Item): string {
  return serializeItem([name, new Map([...parameters].sort(([a], [b]) => (a < b ? -1 : 1)))]);
}
