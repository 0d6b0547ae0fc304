/**
 * `CongdanCollection`, the registry's answer to a look-up.
 *
 * "No such person" has one form: an empty collection, alone in its answer. One that holds text or an attribute, or stands beside a
 * message, is the answer of a service that is not well, and malformed.
 */
import { malformed, type Source } from '../mapping.ts';
import { markWithin } from '../within.ts';
import { asRecord, child } from './soap.ts';
import type { XmlElement } from './xml.ts';

const COLLECTION = 'http://www.mic.gov.vn/dancu/1.0';

/** @returns the one `CongDan`; undefined: there is no such person. @throws UpstreamError `malformed` */
export function readCollection(answer: XmlElement): Source | undefined {
  try {
    const collection = child(answer, COLLECTION, 'CongdanCollection');
    const [found, ...more] = collection.children;
    if (found === undefined) {
      const isAlone = answer.children.length === 1 && !answer.attributed;
      if (!isAlone || !isBare(collection)) throw malformed('CongdanCollection');
      return undefined;
    }
    if (found.name !== 'CongDan' || found.namespace !== COLLECTION || more.length > 0) {
      throw malformed('CongdanCollection');
    }
    return asRecord(found);
  } catch (error) {
    throw holdsPerson(answer) ? error : markWithin(error);
  }
}

function isBare({ text, attributed }: XmlElement): boolean {
  return text.trim() === '' && !attributed;
}

function holdsPerson({ name, children }: XmlElement): boolean {
  return name === 'CongDan' || children.some(holdsPerson);
}
