/**
 * `CongdanCollection`, the registry's answer to a look-up.
 *
 * "No such person" has one form: an empty collection, alone in its answer but for elements that say nothing (`beside.ts`). A
 * collection with text, an attribute or `xsi:nil` (null is not the same as empty), or beside a message, is the answer of a broken
 * service, and malformed.
 */
import type { CallContext } from '../adapter.ts';
import { malformed, type Source } from '../records/mapping.ts';
import { markWithin } from '../records/within.ts';
import { saysNothingBeside } from './beside.ts';
import { asRecord, child } from './soap.ts';
import { isBlankElement, type XmlElement } from './xml.ts';

const COLLECTION = 'http://www.mic.gov.vn/dancu/1.0';

/** @returns the one `CongDan`; undefined: no such person. @throws UpstreamError `malformed` */
export function readCollection(answer: XmlElement, call: Pick<CallContext, 'requestId'>): Source | undefined {
  try {
    const collection = child(answer, COLLECTION, 'CongdanCollection');
    if (collection.children.length === 0) {
      const isAlone =
        answer.children.every((one) => one === collection || saysNothingBeside(one, call)) &&
        !answer.attributed;
      if (!isAlone || !isBare(collection)) throw malformed('CongdanCollection');
      return undefined;
    }
    // An empty element beside a person says nothing; alone, it does not mean "none".
    const [found, ...more] = collection.children.filter((one) => isPerson(one) || !isBlankElement(one));
    if (found === undefined || !isPerson(found) || more.length > 0) throw malformed('CongdanCollection');
    return asRecord(found);
  } catch (error) {
    throw holdsPerson(answer) ? error : markWithin(error);
  }
}

function isPerson({ name, namespace }: XmlElement): boolean {
  return name === 'CongDan' && namespace === COLLECTION;
}

function isBare({ text, attributed }: XmlElement): boolean {
  return text.trim() === '' && !attributed;
}

function holdsPerson({ name, children }: XmlElement): boolean {
  return name === 'CongDan' || children.some(holdsPerson);
}
