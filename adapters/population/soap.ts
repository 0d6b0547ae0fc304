/** SOAP 1.1 (https://www.w3.org/TR/2000/NOTE-SOAP-20000508/) as the population registry speaks it. */
import { isUtf8 } from 'node:buffer';
import { UpstreamError } from '../adapter.ts';
import { malformed, type Source } from '../records/mapping.ts';
import { saysNothing } from '../values/blank.ts';
import { escapeXml, parseXml, type XmlElement, XmlError } from './xml.ts';

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
export const SERVICE = 'http://dancuquocgia.bca';

const OPENING = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}"><soapenv:Body>`;
const CLOSING = '</soapenv:Body></soapenv:Envelope>';

/** Names and values in the order of the protocol; an undefined value is left out. */
export type Elements = readonly (readonly [name: string, value: string | Elements | undefined])[];

/** The envelope around one operation's request. */
export function writeEnvelope(operation: string, elements: Elements): string {
  return `${OPENING}<${operation} xmlns="${SERVICE}">${writeElements(elements)}</${operation}>${CLOSING}`;
}

function writeElements(elements: Elements): string {
  let xml = '';
  for (const [name, value] of elements) {
    if (value === undefined) continue;
    xml += `<${name}>${typeof value === 'string' ? escapeXml(value) : writeElements(value)}</${name}>`;
  }
  return xml;
}

/**
 * The one element in the body of an envelope: an answer or a fault.
 * @throws UpstreamError `malformed`
 */
export function readBody(bytes: Buffer): XmlElement {
  if (!isUtf8(bytes)) throw new UpstreamError('malformed', { cause: 'not UTF-8' });
  let root: XmlElement;
  try {
    root = parseXml(bytes.toString());
  } catch (error) {
    throw error instanceof XmlError ? new UpstreamError('malformed', { cause: error.message }) : error;
  }
  if (root.name !== 'Envelope' || root.namespace !== ENVELOPE) throw malformed('Envelope');
  // Another part of the envelope could contradict the body. Basic Profile 1.1 (R1011) allows none.
  const parts = root.children.map(({ name, namespace }) => (namespace === ENVELOPE ? name : ''));
  if (!/^(Header,)?Body$/.test(parts.join())) throw malformed('Envelope');
  const content = child(root, ENVELOPE, 'Body').children;
  if (content.length !== 1) throw malformed('Body');
  return content[0]!;
}

/** The one child with a name in a namespace. @throws UpstreamError `malformed` when there is none, or more than one */
export function child(parent: XmlElement, namespace: string, name: string): XmlElement {
  const found = parent.children.filter((element) => element.name === name && element.namespace === namespace);
  if (found.length !== 1) throw malformed(name);
  return found[0]!;
}

/** A fault. One that the registry itself decided on has a code of its own, `MaLoi`; others come from its servers. */
export interface Fault {
  readonly code: string | undefined;
}

/** Reads an answer as a fault, if it is one. Its elements carry no namespace (SOAP 1.1, section 4.4). */
export function readFault(answer: XmlElement): Fault | undefined {
  if (answer.name !== 'Fault' || answer.namespace !== ENVELOPE) return undefined;
  const detail = answer.children.find((element) => element.name === 'detail');
  return { code: detail?.children.find((element) => element.name === 'MaLoi')?.text.trim() };
}

/**
 * The children of an element as a record, by their local names, for mapping tables. A repeated element becomes an array,
 * which no reader of single values accepts; one that is empty each time counts as one.
 */
export function asRecord(element: XmlElement): Source {
  const record: Record<string, unknown> = Object.create(null);
  for (const one of element.children) {
    const value = one.children.length === 0 ? one.text : asRecord(one);
    const before = record[one.name];
    if (before === undefined) record[one.name] = value;
    else if (!saysNothing(before) || !saysNothing(value))
      record[one.name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return record;
}
