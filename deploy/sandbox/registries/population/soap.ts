import { parseXml, type XmlElement, XmlError } from '../../../../adapters/population/xml.ts';
import type { Reply } from '../http/protocol.ts';
import { element, textElement } from './xml.ts';

export const SERVICE_NAMESPACE = 'http://dancuquocgia.bca';
export const COLLECTION_NAMESPACE = 'http://www.mic.gov.vn/dancu/1.0';
const ENVELOPE_NAMESPACE = 'http://schemas.xmlsoap.org/soap/envelope/';

/** The one element of a SOAP body: its local name, and its children's texts, in the order they came. */
export interface SoapRequest {
  readonly operation: string;
  readonly fields: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** The request in an envelope, undefined for anything that is not SOAP 1.1 of the population registry. */
export function parseSoap(xml: string): SoapRequest | undefined {
  const envelope = rootOf(xml);
  if (envelope?.name !== 'Envelope' || envelope.namespace !== ENVELOPE_NAMESPACE) return undefined;
  const body = envelope.children.find(
    ({ name, namespace }) => name === 'Body' && namespace === ENVELOPE_NAMESPACE,
  );
  const request = body?.children[0];
  if (request?.namespace !== SERVICE_NAMESPACE) return undefined;
  return { operation: request.name, fields: fieldsOf(request) };
}

function rootOf(xml: string): XmlElement | undefined {
  try {
    return parseXml(xml);
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

function fieldsOf({ children }: XmlElement): SoapRequest['fields'] {
  return Object.fromEntries(
    children.map((child) => [child.name, child.children.length > 0 ? textsOf(child) : child.text.trim()]),
  );
}

function textsOf({ children }: XmlElement): Record<string, string> {
  return Object.fromEntries(children.map(({ name, text }) => [name, text.trim()]));
}

/** An answer in an envelope. */
export function soapAnswer(operation: string, content: string): Reply {
  return envelope(
    200,
    `<${operation}Response xmlns="${SERVICE_NAMESPACE}">${content}</${operation}Response>`,
  );
}

/** A fault of the registry (`MaLoi`), or of SOAP itself if there is no code. */
export function soapFault(message: string, code?: string): Reply {
  const detail =
    code === undefined ? '' : element('detail', textElement('MaLoi', code), textElement('MoTa', message));
  const faultcode = textElement('faultcode', 'soapenv:Client');
  return envelope(500, element('soapenv:Fault', faultcode, textElement('faultstring', message), detail));
}

function envelope(status: number, content: string): Reply {
  return {
    status,
    type: 'text/xml; charset=utf-8',
    body:
      '<?xml version="1.0" encoding="UTF-8"?>' +
      `<soapenv:Envelope xmlns:soapenv="${ENVELOPE_NAMESPACE}"><soapenv:Body>${content}</soapenv:Body></soapenv:Envelope>`,
  };
}
