/**
 * Elements that may accompany an answer that means "none", or a verdict, since they say nothing: empty ones, ones that identify
 * the call in the words of API gateways and log frameworks (`records/none.ts`), and the request id, which the registry repeats.
 */
import type { CallContext } from '../adapter.ts';
import { namesCall } from '../records/none.ts';
import { isBlankElement, type XmlElement } from './xml.ts';

/** @param call the answered call: another `MaYeuCau` means an answer to another question */
export function saysNothingBeside(
  element: XmlElement,
  { requestId }: Pick<CallContext, 'requestId'>,
): boolean {
  if (isBlankElement(element)) return true;
  const { name, text, children, attributed } = element;
  if (children.length > 0 || attributed) return false;
  return namesCall(name, text) || (name === 'MaYeuCau' && text.trim() === requestId);
}
