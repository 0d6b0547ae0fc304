import { XMLParser } from 'fast-xml-parser';
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

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false });

type Node = Record<string, unknown>;

/** The request in an envelope, undefined for anything that is not SOAP 1.1 of the population registry. */
export function parseSoap(xml: string): SoapRequest | undefined {
  const document = tryParse(xml);
  const envelope = document && only(document, 'Envelope', ENVELOPE_NAMESPACE, {});
  if (!envelope) return undefined;
  const body = only(envelope.node, 'Body', ENVELOPE_NAMESPACE, envelope.scope);
  if (!body) return undefined;
  const name = Object.keys(body.node).find(isElement);
  if (name === undefined) return undefined;
  const operation = localName(name);
  const request = only(body.node, operation, SERVICE_NAMESPACE, body.scope);
  return request && { operation, fields: texts(request.node) };
}

function tryParse(xml: string): Node | undefined {
  try {
    return parser.parse(xml, true) as Node;
  } catch {
    return undefined;
  }
}

/** The child element with a name in a namespace, with the prefixes that are in scope in it. */
function only(parent: Node, name: string, namespace: string, outer: Readonly<Record<string, string>>) {
  for (const [key, value] of Object.entries(parent)) {
    if (!isElement(key) || localName(key) !== name) continue;
    const node: Node = typeof value === 'object' && value !== null ? (value as Node) : {};
    const scope: Record<string, string> = { ...outer };
    for (const [attribute, uri] of Object.entries(node)) {
      if (attribute === '@xmlns') scope[''] = String(uri);
      else if (attribute.startsWith('@xmlns:')) scope[attribute.slice('@xmlns:'.length)] = String(uri);
    }
    const colon = key.indexOf(':');
    return scope[colon < 0 ? '' : key.slice(0, colon)] === namespace ? { node, scope } : undefined;
  }
  return undefined;
}

function texts(node: Node): Record<string, string | Record<string, string>> {
  const fields: Record<string, string | Record<string, string>> = {};
  for (const [key, value] of Object.entries(node)) {
    if (!isElement(key)) continue;
    fields[localName(key)] =
      typeof value === 'object' && value !== null
        ? (texts(value as Node) as Record<string, string>)
        : String(value);
  }
  return fields;
}

function isElement(key: string): boolean {
  return !key.startsWith('@') && !key.startsWith('#') && !key.startsWith('?');
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
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
