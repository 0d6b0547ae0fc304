/**
 * What may stand in an answer that means "none", or beside a verdict, since it says nothing: what is empty, what names the call in
 * the words of gateways and log frameworks (`records/none.ts`), and the id of our own request, which the registry repeats.
 */
import type { CallContext } from '../adapter.ts';
import { namesCall } from '../records/none.ts';
import { isBlankElement, type XmlElement } from './xml.ts';

/** @param call the one that is answered: another's `MaYeuCau` is the answer to another question */
export function saysNothingBeside(
  element: XmlElement,
  { requestId }: Pick<CallContext, 'requestId'>,
): boolean {
  if (isBlankElement(element)) return true;
  const { name, text, children, attributed } = element;
  if (children.length > 0 || attributed) return false;
  return namesCall(name, text) || (name === 'MaYeuCau' && text.trim() === requestId);
}
